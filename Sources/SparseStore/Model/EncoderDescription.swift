/// How documents are scored for a query.
public enum Scoring: Sendable, Hashable {
    /// By the inner product of the two vectors.
    case innerProduct
    /// By BM25: documents hold how often each term stands in them, and a term counts
    /// `count x (k1 + 1) / (count + k1 x (1 - b + b x length / averageLength))` times the query's weight, where length is
    /// the sum of a document's counts. The average is that of the live documents of the commit that is searched, exactly,
    /// whatever was written, replaced and removed before (Robertson and Zaragoza, "The Probabilistic Relevance Framework",
    /// 2009). Search with ``Weighting/corpusIDF``.
    ///
    /// `k1`, 0...1,000, says how soon repeated terms stop counting, `b`, 0...1, how much long documents are held back.
    case bm25(k1: Float = 0.9, b: Float = 0.4)
}

/// What made the vectors of a store: queries must come from the same.
///
/// The store keeps it and compares it. It makes no vectors itself; the product `SparseText` does.
public struct EncoderDescription: Sendable, Hashable, CustomStringConvertible {
    /// What the encoder is called, such as `bm25:english`: 1...200 bytes of UTF-8.
    public var name: String
    /// A hash of all that decides which terms it makes of a text, such as its vocabulary. Encoders of other fingerprints do
    /// not understand each other.
    public var fingerprint: UInt64
    /// Its parameters in words, at most 4,096 bytes of UTF-8.
    public var parameters: String
    /// How documents are scored.
    public var scoring: Scoring

    /// Describes an encoder.
    public init(name: String, fingerprint: UInt64, parameters: String = "", scoring: Scoring = .innerProduct) {
        self.name = name
        self.fingerprint = fingerprint
        self.parameters = parameters
        self.scoring = scoring
    }

    /// The name, the fingerprint and the scoring, by which two encoders that are not the same are told apart.
    public var description: String {
        let digits = String(fingerprint, radix: 16)
        var text = "'\(name)' (\(String(repeating: "0", count: 16 - digits.count))\(digits)"
        if case .bm25(let k1, let b) = scoring { text += ", k1 \(k1), b \(b)" }
        return text + ")"
    }

    /// - Throws: `encoderMismatch`, naming both, unless another encoder agrees with this one.
    public func check(_ other: EncoderDescription) throws(SparseStoreError) {
        if !agrees(with: other) { throw mismatch(other) }
    }

    func mismatch(_ other: EncoderDescription) -> SparseStoreError {
        SparseStoreError(
            .encoderMismatch,
            "the store was filled by the encoder \(self), and this one is \(other); use the store's, or another store")
    }

    /// Whether another encoder makes the same vectors, scored in the same way; its parameters are words only.
    public func agrees(with other: EncoderDescription) -> Bool {
        name == other.name && fingerprint == other.fingerprint && scoring == other.scoring
    }
}
