internal import SparseFormat

/// A static weight for each term, such as the IDF table that an inference-free model ships.
public struct WeightTable: Sendable, Hashable {
    /// Weights by term number; a term past the end weighs 0 and drops out of the query.
    public let weights: [Float]

    /// Makes a table from weights by term number. Each must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` naming the first term with another weight.
    public init(_ weights: [Float]) throws(SparseStoreError) {
        if let bad = weights.firstIndex(where: { !($0.isFinite && $0 >= 0) }) {
            throw SparseStoreError(
                .invalidArgument,
                "the weight of term \(bad) in a weight table is \(weights[bad]); give finite weights of at least 0")
        }
        self.weights = weights
    }

    func weight(of term: TermID) -> Float {
        Int(term) < weights.count ? weights[Int(term)] : 0
    }
}
