/// A document whose score lies near a sum of codes; in an exact search between two proven bounds.
struct ScanCandidate {
    let place: DocumentPlace
    let upper: Float
    let lower: Float
}

/// The candidates of one search over all its windows, and what a document must reach to join them.
struct CandidateSet {
    /// How many of the best are kept: k in an exact search, the documents to rescore in an approximate one; groups of
    /// documents where there are groups.
    let count: Int
    private var minimum: Float
    private let ceiling: Float?
    private var groups: GroupBounds?
    private var best: BoundedMinimumHeap<Float>
    private var all: [ScanCandidate] = []

    /// - Parameters:
    ///   - minimum: documents that cannot reach this score are no candidates.
    ///   - ceiling: documents that are proven to score more are no candidates; nil for none.
    ///   - groups: bounds by group; nil where each document counts alone.
    init(count: Int, minimum: Float, ceiling: Float? = nil, groups: GroupBounds? = nil) {
        self.count = count
        self.minimum = minimum
        self.ceiling = ceiling
        self.groups = groups
        best = BoundedMinimumHeap(capacity: count, least: -.infinity)
    }

    /// What a document's upper bound must reach to be a candidate.
    var threshold: Float {
        if let groups { return max(minimum, groups.threshold) }
        return best.isFull ? max(minimum, best.minimum) : minimum
    }

    /// Whether any document counts as one of the best, so that sums bound what others must reach before it is known whose
    /// they are.
    var countsEveryDocument: Bool { ceiling == nil && groups == nil }

    /// Learns that `count` documents, whether candidates or not, truly reach a score.
    mutating func raise(to score: Float) { minimum = max(minimum, score) }

    mutating func insert(_ candidate: ScanCandidate) {
        guard candidate.upper >= threshold else { return }
        if let ceiling, candidate.upper > ceiling {
            // Whether it scores more is found out when it is scored; until then it bounds nothing.
            if candidate.lower <= ceiling { all.append(candidate) }
            return
        }
        if groups == nil {
            best.insert(candidate.lower)
        } else if groups?.take(candidate) == false {
            return
        }
        all.append(candidate)
    }

    /// Those that can still be among the best, in the order of their windows.
    func remaining() -> [ScanCandidate] {
        let threshold = threshold
        guard let groups else { return all.filter { $0.upper >= threshold } }
        return all.filter { $0.upper >= threshold && groups.keeps($0) }
    }

    /// The same, and forgets them; their bounds stay.
    mutating func takeRemaining() -> [ScanCandidate] {
        defer { all.removeAll(keepingCapacity: true) }
        return remaining()
    }
}
