internal import SparseFormat

/// Keeps the best `limit` of the documents it is shown.
struct Collector {
    let limit: Int
    let minimumScore: Float?
    private var heap: BoundedMinimumHeap<Float>
    private var scored: [WindowSearch.Scored] = []

    init(limit: Int, minimumScore: Float?) {
        self.limit = limit
        self.minimumScore = minimumScore
        heap = BoundedMinimumHeap(capacity: limit, least: -.infinity)
    }

    /// A score that `limit` documents reach; nil while fewer are known.
    var threshold: Float? { heap.isFull ? heap.minimum : nil }

    /// Takes a document in if it can be among the best.
    mutating func take(_ score: Float, _ place: DocumentPlace, _ vector: ExactVector) throws {
        guard score > 0, score >= minimumScore ?? 0, !heap.isFull || score >= heap.minimum else { return }
        heap.insert(score)
        // Identifiers are read for what may be in the answer only.
        scored.append(WindowSearch.Scored(id: try vector.identifier(), place: place, score: score))
        if scored.count > 4 * limit + 1_024 { scored = best() }
    }

    /// The best of those it was shown, best first.
    func best() -> [WindowSearch.Scored] {
        guard scored.count > limit else { return scored.sorted(by: WindowSearch.Scored.precedes) }
        let least = heap.minimum
        return Array(scored.filter { $0.score >= least }.sorted(by: WindowSearch.Scored.precedes).prefix(limit))
    }
}
