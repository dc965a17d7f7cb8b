internal import SparseFormat

/// A query with term numbers in ascending order and nonzero weights after the weighting.
struct ResolvedQuery: Sendable {
    let terms: [TermID]
    let weights: [Float]
    /// Whether a weight is above 0. Otherwise no document can score above 0.
    let hasPositiveWeight: Bool
    let hasNegativeWeight: Bool

    /// - Parameter components: The components in any order, with distinct terms. Those with weight 0 are dropped.
    init(_ components: [(TermID, Float)]) {
        let kept = components.filter { $0.1 != 0 }.sorted { $0.0 < $1.0 }
        terms = kept.map(\.0)
        weights = kept.map(\.1)
        hasPositiveWeight = weights.contains { $0 > 0 }
        hasNegativeWeight = weights.contains { $0 < 0 }
    }

    var isEmpty: Bool { terms.isEmpty }
}
