internal import SparseFormat

/// The top k over the windows of one snapshot.
///
/// Exact: each window gives the documents whose upper bound reaches the k-th best lower bound, and these are scored from
/// their exact vectors. Every document left out has k proven better ones, so the answer is the one brute force gives.
/// With a plan: each window gives the best sums of what the plan lets it read, and the best of these are scored.
struct WindowSearch {
    let index: IndexView
    let query: ResolvedQuery
    let limit: Int
    let minimumScore: Float?
    /// Nil for an exact search.
    let plan: ScanPlan?

    /// A document and its exact score.
    struct Scored {
        let id: String
        let member: Int
        let ordinal: Int
        let score: Float

        /// Best first: by score, then by identifier.
        static func precedes(_ a: Scored, _ b: Scored) -> Bool { a.score != b.score ? a.score > b.score : a.id < b.id }
    }

    func run(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [Scored] {
        guard !query.isEmpty else { return [] }
        // A query of more terms than accumulators can tell apart: every document is scored.
        guard query.terms.count <= WindowScan.maximumLists else { return try scoreAll(scratch, &counters) }
        return try score(candidates(scratch, &counters), scratch, &counters)
    }

    private func candidates(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [Candidate] {
        let count = plan?.candidateCount(limit: limit) ?? limit
        var set = CandidateSet(count: count, minimum: plan == nil ? minimumScore ?? 0 : 0)
        var terms: [WindowScan.Term] = []
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            terms.removeAll(keepingCapacity: true)
            for (term, weight) in zip(query.terms, query.weights) {
                guard let position = member.segment.directory.find(term) else { continue }
                terms.append(
                    WindowScan.Term(
                        position: position, weight: weight, entry: member.segment.directory.entry(at: position)))
            }
            guard !terms.isEmpty else { continue }
            let scan = try WindowScan(member.segment, terms, plan)
            counters.lists += scan.listCount
            counters.postings += scan.postings
            scan.run(position, member, scratch, into: &set)
        }
        let remaining = set.remaining()
        counters.candidates += remaining.count
        return remaining
    }

    /// The best of the candidates, which stand in the order of their windows.
    private func score(
        _ candidates: [Candidate], _ scratch: ScanScratch, _ counters: inout SearchCounters
    ) throws -> [Scored] {
        var collector = Collector(limit: limit, minimumScore: minimumScore)
        var rest = candidates[...]
        while let first = rest.first {
            let segment = index.members[first.member].segment
            let scorer = DocumentScorer(segment, query, scratch)
            defer { scorer.finish() }
            while let candidate = rest.first, candidate.member == first.member {
                rest.removeFirst()
                let record = try segment.record(at: candidate.ordinal)
                counters.documentsScored += 1
                try collector.take(scorer.score(record), candidate.member, candidate.ordinal, record)
            }
        }
        return collector.best()
    }

    private func scoreAll(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [Scored] {
        var collector = Collector(limit: limit, minimumScore: minimumScore)
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            let scorer = DocumentScorer(member.segment, query, scratch)
            defer { scorer.finish() }
            for ordinal in 0..<member.segment.documentCount where member.isLive(ordinal) {
                let record = try member.segment.record(at: ordinal)
                counters.documentsScored += 1
                try collector.take(scorer.score(record), position, ordinal, record)
            }
        }
        return collector.best()
    }
}

/// Keeps the best `limit` of the documents it is shown.
private struct Collector {
    let limit: Int
    let minimumScore: Float?
    private var heap: BoundedMinimumHeap
    private var scored: [WindowSearch.Scored] = []

    init(limit: Int, minimumScore: Float?) {
        self.limit = limit
        self.minimumScore = minimumScore
        heap = BoundedMinimumHeap(capacity: limit)
    }

    mutating func take(_ score: Float, _ member: Int, _ ordinal: Int, _ record: ForwardRecord) throws {
        guard score > 0, score >= minimumScore ?? 0, !heap.isFull || score >= heap.minimum else { return }
        heap.insert(score)
        // Identifiers are read for what may be in the answer only.
        scored.append(
            WindowSearch.Scored(id: try record.identifier(), member: member, ordinal: ordinal, score: score))
        if scored.count > 4 * limit + 1_024 { scored = best() }
    }

    func best() -> [WindowSearch.Scored] {
        guard scored.count > limit else { return scored.sorted(by: WindowSearch.Scored.precedes) }
        let least = heap.minimum
        return Array(scored.filter { $0.score >= least }.sorted(by: WindowSearch.Scored.precedes).prefix(limit))
    }
}
