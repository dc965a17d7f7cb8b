internal import SparseFormat

/// Turns term counts into BM25 document weights, so that BM25 is an inner product with the counts of the query's terms
/// under ``Weighting/corpusIDF`` (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
///
/// weight = count x (k1 + 1) / (count + k1 x (1 - b + b x length / averageLength)), where length is the sum of the
/// document's counts. The average is the caller's: frozen at encoding, as it must be for stored weights.
public struct BM25Encoder: Sendable, Hashable {
    /// How soon repeated terms stop counting, >= 0. Usual: 0.9 to 1.2.
    public let k1: Float
    /// How much long documents are held back, 0...1. Usual: 0.4 to 0.75.
    public let b: Float
    /// The mean number of terms a document, > 0.
    public let averageLength: Float

    /// Makes an encoder.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` for a parameter outside its range.
    public init(averageLength: Float, k1: Float = 0.9, b: Float = 0.4) throws(SparseStoreError) {
        guard averageLength.isFinite, averageLength > 0, k1.isFinite, k1 >= 0, (0...1).contains(b) else {
            throw SparseStoreError(
                .invalidArgument,
                "BM25 needs averageLength > 0, k1 >= 0 and b in 0...1; got \(averageLength), \(k1), \(b)")
        }
        self.averageLength = averageLength
        self.k1 = k1
        self.b = b
    }

    /// The weights of a document's terms.
    ///
    /// - Parameter counts: how often each term stands in the document; terms with a count below 1 are left out.
    public func encode(_ counts: [String: Int]) -> [WeightedTerm] {
        let length = counts.values.reduce(0) { $0 + max(0, $1) }
        return counts.filter { $0.value > 0 }.map { WeightedTerm($0.key, weight(count: $0.value, length: length)) }
            .sorted { TextKey($0.term) < TextKey($1.term) }
    }

    /// The weight of a term that stands `count` times in a document of `length` terms.
    public func weight(count: Int, length: Int) -> Float {
        let count = Float(count)
        return count * (k1 + 1) / (count + k1 * (1 - b + b * Float(length) / averageLength))
    }
}
