/// A document whose score lies near a sum of codes; in an exact search between two proven bounds.
struct ScanCandidate {
    let place: DocumentPlace
    let upper: Float
    let lower: Float
}

/// The candidates of one search over all its windows, and what a document must reach to join them.
struct CandidateSet {
    /// How many of the best are kept: k in an exact search, the documents to rescore in an approximate one.
    let count: Int
    private var minimum: Float
    private var best: BoundedMinimumHeap<Float>
    private var all: [ScanCandidate] = []

    /// - Parameter minimum: documents that cannot reach this score are no candidates.
    init(count: Int, minimum: Float) {
        self.count = count
        self.minimum = minimum
        best = BoundedMinimumHeap(capacity: count, least: -.infinity)
    }

    /// What a document's upper bound must reach to be a candidate.
    var threshold: Float { best.isFull ? max(minimum, best.minimum) : minimum }

    /// Learns that `count` documents, whether candidates or not, truly reach a score.
    mutating func raise(to score: Float) { minimum = max(minimum, score) }

    mutating func insert(_ candidate: ScanCandidate) {
        guard candidate.upper >= threshold else { return }
        best.insert(candidate.lower)
        all.append(candidate)
    }

    /// Those that can still be among the best, in the order of their windows.
    func remaining() -> [ScanCandidate] {
        let threshold = threshold
        return all.filter { $0.upper >= threshold }
    }
}
