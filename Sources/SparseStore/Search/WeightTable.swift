internal import SparseFormat

/// A static weight for each term, such as the IDF table that an inference-free model ships.
///
/// A table is by term number or by the term's string, as the terms of the store are that it is used with; the other kind is
/// refused there, since a store numbers strings in the order in which they came.
public struct WeightTable: Sendable, Hashable {
    enum Entries: Hashable {
        case byNumber([Float])
        case byName([TextKey: Float])
    }

    let entries: Entries

    /// Makes a table from weights by term number; a term past the end weighs 0 and drops out of the query. Each weight
    /// must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` naming the first term with another weight.
    public init(_ weights: [Float]) throws(SparseStoreError) {
        if let bad = weights.firstIndex(where: { !Self.isWeight($0) }) {
            throw SparseStoreError(
                .invalidArgument,
                "the weight of term \(bad) in a weight table is \(weights[bad]); give finite weights of at least 0")
        }
        entries = .byNumber(weights)
    }

    /// Makes a table from weights by the strings of terms; a term that is not there weighs 0 and drops out of the query.
    /// Each weight must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` naming the first term with another weight, or that stands twice.
    public init(terms: [WeightedTerm]) throws(SparseStoreError) {
        var weights = [TextKey: Float](minimumCapacity: terms.count)
        for term in terms {
            guard Self.isWeight(term.weight) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the weight of '\(term.term)' in a weight table is \(term.weight); give finite weights of at least 0"
                )
            }
            guard weights.updateValue(term.weight, forKey: TextKey(term.term)) == nil else {
                throw SparseStoreError(
                    .invalidArgument, "'\(term.term)' stands twice in a weight table; give each term one weight")
            }
        }
        entries = .byName(weights)
    }

    private static func isWeight(_ weight: Float) -> Bool { weight.isFinite && weight >= 0 }
}
