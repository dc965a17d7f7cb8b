/// The function that scores documents for a query.
public enum Scoring: Sendable, Hashable {
    /// The inner product of the two vectors.
    case innerProduct
    /// BM25. The weights of a document are term counts, and a term contributes the following value times the query's
    /// weight, where length is the sum of the document's counts:
    ///
    ///     count x (k1 + 1) / (count + k1 x (1 - b + b x length / averageLength))
    ///
    /// The average length is exact for the live documents of the searched commit, regardless of earlier writes,
    /// replacements, and removals (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009). Search with
    /// ``Weighting/corpusIDF``.
    ///
    /// `k1`, 0...1,000, controls how quickly repeated terms saturate; `b`, 0...1, controls how much long documents are
    /// penalized.
    case bm25(k1: Float = 0.9, b: Float = 0.4)
}

/// A description of the encoder that made the vectors of a store. Queries must come from the same encoder.
///
/// The store only keeps and compares the description. The product `SparseText` provides encoders.
public struct EncoderDescription: Sendable, Hashable, CustomStringConvertible {
    /// The name of the encoder, such as `bm25:english`: 1...200 bytes of UTF-8.
    public var name: String
    /// A hash of everything that determines the terms of a text, such as the vocabulary. Encoders with different
    /// fingerprints are incompatible.
    public var fingerprint: UInt64
    /// The parameters as text, at most 4,096 bytes of UTF-8.
    public var parameters: String
    /// The function that scores documents.
    public var scoring: Scoring

    /// Creates a description of an encoder.
    public init(name: String, fingerprint: UInt64, parameters: String = "", scoring: Scoring = .innerProduct) {
        self.name = name
        self.fingerprint = fingerprint
        self.parameters = parameters
        self.scoring = scoring
    }

    /// The name, the fingerprint, and the scoring, which distinguish incompatible encoders.
    public var description: String {
        let digits = String(fingerprint, radix: 16)
        var text = "'\(name)' (\(String(repeating: "0", count: 16 - digits.count))\(digits)"
        if case .bm25(let k1, let b) = scoring { text += ", k1 \(k1), b \(b)" }
        return text + ")"
    }

    /// - Throws: `encoderMismatch`, naming both encoders, if the other one does not agree with this one.
    public func check(_ other: EncoderDescription) throws(SparseStoreError) {
        if !agrees(with: other) { throw mismatch(other) }
    }

    func mismatch(_ other: EncoderDescription) -> SparseStoreError {
        SparseStoreError(
            .encoderMismatch, problem: "the documents of the store were encoded by \(self), not by \(other)",
            remedy: "use the same encoder, or another store")
    }

    /// Returns whether another encoder makes the same vectors and scores them in the same way. The parameters are not
    /// compared.
    public func agrees(with other: EncoderDescription) -> Bool {
        name == other.name && fingerprint == other.fingerprint && scoring == other.scoring
    }
}
