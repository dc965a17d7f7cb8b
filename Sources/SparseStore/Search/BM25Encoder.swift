internal import SparseFormat

/// Converts term counts to BM25 document weights. BM25 then is the inner product with the counts of the query's terms
/// under ``Weighting/corpusIDF`` (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
///
/// weight = count x (k1 + 1) / (count + k1 x (1 - b + b x length / averageLength)), where length is the sum of the
/// document's counts. The caller provides the average length, which is fixed at encoding because the weights are
/// stored.
public struct BM25Encoder: Sendable, Hashable {
    /// The saturation of repeated terms, >= 0. Usually 0.9 to 1.2.
    public let k1: Float
    /// The penalty of long documents, 0...1. Usually 0.4 to 0.75.
    public let b: Float
    /// The mean number of terms in a document, > 0.
    public let averageLength: Float

    /// Creates an encoder.
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

    /// Returns the weights of a document's terms.
    ///
    /// - Parameter counts: The number of occurrences of each term in the document. Terms with a count below 1 are
    ///   omitted.
    public func encode(_ counts: [String: Int]) -> [WeightedTerm] {
        let length = counts.values.reduce(0) { $0 + max(0, $1) }
        return counts.filter { $0.value > 0 }.map { WeightedTerm($0.key, weight(count: $0.value, length: length)) }
            .sorted { TextKey($0.term) < TextKey($1.term) }
    }

    /// Returns the weight of a term that occurs `count` times in a document of `length` terms.
    public func weight(count: Int, length: Int) -> Float {
        let count = Float(count)
        return count * (k1 + 1) / (count + k1 * (1 - b + b * Float(length) / averageLength))
    }
}
