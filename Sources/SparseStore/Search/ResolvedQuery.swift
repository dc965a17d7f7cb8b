internal import SparseFormat

/// A query as the index sees it: term numbers in ascending order, weights after the weighting, none of them 0.
struct ResolvedQuery: Sendable {
    let terms: [TermID]
    let weights: [Float]

    /// - Parameter components: in any order, terms distinct; components of weight 0 drop out.
    init(_ components: [(TermID, Float)]) {
        let kept = components.filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }
        terms = kept.map(\.0)
        weights = kept.map(\.1)
    }

    var isEmpty: Bool { terms.isEmpty }
}
