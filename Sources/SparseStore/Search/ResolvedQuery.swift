internal import SparseFormat

/// A query as the index sees it: term numbers in ascending order, weights after the weighting, none of them 0.
struct ResolvedQuery: Sendable {
    let terms: [TermID]
    let weights: [Float]
    /// Whether some weight is above 0; only then a document can score above 0.
    let hasPositiveWeight: Bool
    let hasNegativeWeight: Bool

    /// - Parameter components: in any order, terms distinct; components of weight 0 drop out.
    init(_ components: [(TermID, Float)]) {
        let kept = components.filter { $0.1 != 0 }.sorted { $0.0 < $1.0 }
        terms = kept.map(\.0)
        weights = kept.map(\.1)
        hasPositiveWeight = weights.contains { $0 > 0 }
        hasNegativeWeight = weights.contains { $0 < 0 }
    }

    var isEmpty: Bool { terms.isEmpty }
}
