internal import SparseFormat

/// A query with term numbers in ascending order and nonzero weights after the weighting.
struct ResolvedQuery: Sendable {
    let terms: [TermID]
    let weights: [Float]
    /// Whether a weight is above 0. Otherwise no document can score above 0.
    let hasPositiveWeight: Bool
    let hasNegativeWeight: Bool
    /// For each term its place among the products of a score, which are added up in this order; nil where that is the order
    /// of the terms. Shards that number terms otherwise than their first one have such an order, so that equal documents
    /// score alike to the last bit.
    private(set) var order: [Int]?

    /// - Parameter components: The components in any order, with distinct terms. Those with weight 0 are dropped.
    init(_ components: [(TermID, Float)]) {
        let kept = components.filter { $0.1 != 0 }.sorted { $0.0 < $1.0 }
        terms = kept.map(\.0)
        weights = kept.map(\.1)
        hasPositiveWeight = weights.contains { $0 > 0 }
        hasNegativeWeight = weights.contains { $0 < 0 }
    }

    /// The query in the numbers of a shard.
    ///
    /// - Parameter numbers: for each term its number there; nil for a term that the shard does not have.
    func renumbered(_ numbers: [TermID?]) -> ResolvedQuery {
        let kept = numbers.indices.filter { numbers[$0] != nil }
        var query = ResolvedQuery(kept.compactMap { place in numbers[place].map { ($0, weights[place]) } })
        let places = kept.sorted { (numbers[$0] ?? 0) < (numbers[$1] ?? 0) }
        if places != kept {
            let ranks = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
            query.order = places.map { ranks[$0] ?? 0 }
        }
        return query
    }

    var isEmpty: Bool { terms.isEmpty }
}
