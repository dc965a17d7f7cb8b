internal import SparseFormat

/// A table of static term weights, such as the IDF table of an inference-free model.
///
/// A table is indexed by term number or by the term's string, and must match the kind of terms in the store. A table by
/// numbers is refused in a store with string terms, because such a store numbers its terms in the order of arrival.
public struct WeightTable: Sendable, Hashable {
    enum Entries: Hashable {
        case byNumber([Float])
        case byName([TextKey: Float])
    }

    let entries: Entries

    /// Creates a table from weights by term number. A term beyond the end has weight 0 and is dropped from the query.
    /// Each weight must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument``, naming the first term with an invalid weight.
    public init(_ weights: [Float]) throws(SparseStoreError) {
        if let bad = weights.firstIndex(where: { !Self.isWeight($0) }) {
            throw SparseStoreError(
                .invalidArgument,
                "the weight of term \(bad) in a weight table is \(weights[bad]); use finite, non-negative weights")
        }
        entries = .byNumber(weights)
    }

    /// Creates a table from weights by string term. A missing term has weight 0 and is dropped from the query. Each
    /// weight must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument``, naming the first term that has an invalid weight or is
    ///   duplicated.
    public init(terms: [WeightedTerm]) throws(SparseStoreError) {
        var weights = [TextKey: Float](minimumCapacity: terms.count)
        for term in terms {
            guard Self.isWeight(term.weight) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the weight of '\(term.term)' in a weight table is \(term.weight); use finite, non-negative weights"
                )
            }
            guard weights.updateValue(term.weight, forKey: TextKey(term.term)) == nil else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the term '\(term.term)' appears twice in a weight table; give each term one weight")
            }
        }
        entries = .byName(weights)
    }

    private static func isWeight(_ weight: Float) -> Bool { weight.isFinite && weight >= 0 }
}
