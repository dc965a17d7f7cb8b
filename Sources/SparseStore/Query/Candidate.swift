/// A document whose score lies between two proven bounds.
struct Candidate {
    let number: UInt64
    let upper: Float
    let lower: Float
}

/// The candidates of one search over all its segments, and the lower bound of the k-th best among them.
struct CandidateSet {
    private let limit: Int
    private let minimum: Float
    private var best: BoundedMinimumHeap
    private var all: [Candidate] = []

    /// - Parameters:
    ///   - limit: k, >= 1.
    ///   - minimum: documents that cannot reach this score are no candidates.
    init(limit: Int, minimum: Float) {
        self.limit = limit
        self.minimum = minimum
        best = BoundedMinimumHeap(capacity: limit)
    }

    /// What a document's upper bound must reach to be a candidate.
    var threshold: Float { best.isFull ? max(minimum, best.minimum) : minimum }

    mutating func insert(_ candidate: Candidate) {
        guard candidate.upper >= threshold else { return }
        best.insert(candidate.lower)
        all.append(candidate)
    }

    /// Those that can still be among the best k, most promising first.
    func remaining() -> [Candidate] {
        let threshold = threshold
        return all.filter { $0.upper >= threshold }
            .sorted { $0.upper != $1.upper ? $0.upper > $1.upper : $0.number < $1.number }
    }
}
