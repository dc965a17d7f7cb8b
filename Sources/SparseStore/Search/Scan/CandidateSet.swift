internal import SparseFormat

/// A document whose score is estimated by a sum of codes. In an exact search, it lies between two proven bounds.
struct ScanCandidate {
    let place: DocumentPlace
    let upper: Float
    let lower: Float
}

/// The candidates of one search over all its windows, and the bound that a document must reach to become one.
struct CandidateSet {
    /// The number of best candidates to keep: k in an exact search, the number of documents to rescore in an
    /// approximate one. With groups, the number of groups.
    let count: Int
    private var minimum: Float
    private let ceiling: Float?
    private var groups: GroupBounds?
    private var best: BoundedMinimumHeap<Float>
    private var all: [ScanCandidate] = []

    /// - Parameters:
    ///   - minimum: The score that a candidate must be able to reach.
    ///   - ceiling: The score above which documents are not candidates; nil for no limit.
    ///   - groups: The bounds by group; nil without grouping.
    init(count: Int, minimum: Float, ceiling: Float? = nil, groups: GroupBounds? = nil) {
        self.count = count
        self.minimum = minimum
        self.ceiling = ceiling
        self.groups = groups
        best = BoundedMinimumHeap(capacity: count, least: -.infinity)
    }

    /// The bound that a document's upper bound must reach to be a candidate.
    var threshold: Float {
        if let groups { return max(minimum, groups.threshold) }
        return best.isFull ? max(minimum, best.minimum) : minimum
    }

    /// Whether `count` documents are known, so that others must reach the least of them. Always false with groups.
    var isFull: Bool { best.isFull }

    /// Whether every document counts toward the best, so that sums alone bound what other documents must reach.
    var countsEveryDocument: Bool { ceiling == nil && groups == nil }

    /// Records that `count` documents, candidates or not, reach a score.
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

    /// Returns the candidates that can still be among the best, in the order of their windows.
    func remaining() -> [ScanCandidate] {
        let threshold = threshold
        guard let groups else { return all.filter { $0.upper >= threshold } }
        return all.filter { $0.upper >= threshold && groups.keeps($0) }
    }

    /// Returns the remaining candidates and removes them. Their bounds stay.
    mutating func takeRemaining() -> [ScanCandidate] {
        defer { all.removeAll(keepingCapacity: true) }
        return remaining()
    }
}

/// Keeps the best `limit` documents it receives, or with groups the best documents of the best `limit` groups.
struct Collector {
    private let limit: Int
    private let minimumScore: Float?
    private let after: HitRank?
    private let view: ReadView
    private var groups: GroupedDocuments?
    private var heap: BoundedMinimumHeap<Float>
    /// Without groups, every document that was among the best when it came.
    private var found: [Scored] = []

    private struct Scored {
        let score: Float
        let place: DocumentPlace
    }

    init(_ view: ReadView, limit: Int, minimumScore: Float?, after: HitRank?, groups: DocumentGroups?) {
        self.view = view
        self.limit = limit
        self.minimumScore = minimumScore
        self.after = after
        self.groups = groups.map { GroupedDocuments($0, limit: limit) }
        heap = BoundedMinimumHeap(capacity: limit, least: -.infinity)
    }

    /// The score that `limit` documents or groups reach; nil while fewer are known.
    var threshold: Float? { groups.map(\.threshold) ?? (heap.isFull ? heap.minimum : nil) }

    /// Whether `limit` documents or groups are known.
    var isFull: Bool { threshold != nil }

    /// Inserts a document if it can be among the best.
    mutating func take(_ score: Float, _ place: DocumentPlace, _ vector: ExactVector) throws {
        guard score > 0, score >= minimumScore ?? 0 else { return }
        if groups != nil {
            try groups?.take(score, place, vector)
            return
        }
        guard !heap.isFull || score >= heap.minimum, try isBehind(score, vector) else { return }
        heap.insert(score)
        found.append(Scored(score: score, place: place))
        if found.count > 4 * limit + 1_024 {
            found = try ranked().map { Scored(score: $0.score, place: $0.place) }
        }
    }

    /// Returns whether a document ranks after the previous page.
    private func isBehind(_ score: Float, _ vector: ExactVector) throws -> Bool {
        guard let after, score >= after.score else { return true }
        return score == after.score
            ? HitRank.precedes(after, HitRank(score: score, id: try vector.identifier())) : false
    }

    /// Returns the best documents, best first.
    func best() throws -> [FoundDocument] { try groups?.best() ?? ranked() }

    private func ranked() throws -> [FoundDocument] {
        let least = heap.isFull ? heap.minimum : -.infinity
        // Scores are above 0, so their bits ascend as they do. Sorting numbers is faster than calling a closure.
        var order: [UInt64] = []
        order.reserveCapacity(found.count)
        for (index, document) in found.enumerated() where document.score >= least {
            order.append(UInt64(~document.score.bitPattern) << 32 | UInt64(index))
        }
        order.sort()
        let scored = order.map { found[Int($0 & 0xFFFF_FFFF)] }
        // Identifiers are read only of documents that may be in the result, and compared only where scores are equal.
        var documents = try scored.map {
            FoundDocument(id: try view.vector(of: $0.place).identifier(), place: $0.place, score: $0.score)
        }
        var begin = 0
        while begin < scored.count {
            var end = begin + 1
            while end < scored.count, scored[end].score == scored[begin].score { end += 1 }
            if end > begin + 1 { documents[begin..<end].sort(by: FoundDocument.precedes) }
            begin = end
        }
        if documents.count > limit { documents.removeLast(documents.count - limit) }
        return documents
    }

    /// Returns the places of the known documents of the leading groups.
    func leadingPlaces() -> Set<DocumentPlace> { Set(groups?.best().map(\.place) ?? []) }
}
