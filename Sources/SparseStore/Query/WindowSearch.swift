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
    /// What a filter leaves of each window; nil when every live document may be found.
    var allowed: [AllowedDocuments]?

    /// Records whose first lines are asked for ahead of the one that is being scored.
    private static let prefetched = 4

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
        var collector = Collector(limit: limit, minimumScore: minimumScore)
        if query.terms.count > WindowScan.maximumLists {
            // More terms than accumulators can tell apart: every document is scored.
            try scoreAll(scratch, &counters, &collector)
        } else {
            try score(candidates(scratch, &counters, &collector), scratch, &counters, &collector)
        }
        return collector.best()
    }

    /// The candidates of the windows that are scanned. Documents of windows in which a filter leaves few are scored at
    /// once, and go to the collector.
    private func candidates(
        _ scratch: ScanScratch, _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws -> [ScanCandidate] {
        let count = plan?.candidateCount(limit: limit) ?? limit
        var set = CandidateSet(count: count, minimum: plan == nil ? minimumScore ?? 0 : 0)
        var terms: [WindowScan.Term] = []
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            let allowed = allowed?[position]
            counters.filteredDocuments += allowed?.count ?? 0
            // Fewer than a plan would score anyway, or than the fixed costs of a scan allow.
            if let allowed,
                plan != nil && allowed.count <= count
                    || ScanCost.scoringIsCheaper(allowed.count, postings: 0, member.segment)
            {
                try score(allowed, of: position, scratch, &counters, &collector, &set)
                continue
            }
            terms.removeAll(keepingCapacity: true)
            for (term, weight) in zip(query.terms, query.weights) {
                guard let position = member.segment.directory.find(term) else { continue }
                terms.append(
                    WindowScan.Term(
                        position: position, weight: weight, entry: member.segment.directory.entry(at: position)))
            }
            guard !terms.isEmpty else { continue }
            let scan = try WindowScan(member.segment, terms, plan)
            if let allowed, ScanCost.scoringIsCheaper(allowed.count, postings: scan.packedPostings, member.segment) {
                try score(allowed, of: position, scratch, &counters, &collector, &set)
                continue
            }
            counters.segmentsScanned += 1
            counters.lists += scan.listCount
            counters.postings += scan.postings
            scan.run(position, member, allowed?.bitmap, scratch, into: &set)
        }
        let remaining = set.remaining()
        counters.candidates += remaining.count
        return remaining
    }

    /// Scores every document that the filter leaves of a window.
    private func score(
        _ allowed: AllowedDocuments, of member: Int, _ scratch: ScanScratch, _ counters: inout SearchCounters,
        _ collector: inout Collector, _ set: inout CandidateSet
    ) throws {
        guard allowed.count > 0 else { return }
        counters.segmentsScored += 1
        try score(allowed.ordinals, of: member, scratch, &counters, &collector)
        // True scores bound the answer of an exact search; sums that leave postings out are no match for them.
        if plan == nil, let reached = collector.threshold { set.raise(to: reached) }
    }

    /// Scores the candidates, which stand in the order of their windows.
    private func score(
        _ candidates: [ScanCandidate], _ scratch: ScanScratch, _ counters: inout SearchCounters,
        _ collector: inout Collector
    ) throws {
        var begin = 0
        while begin < candidates.count {
            let member = candidates[begin].member
            let end = candidates[begin...].firstIndex { $0.member != member } ?? candidates.count
            try score(candidates[begin..<end].map(\.ordinal), of: member, scratch, &counters, &collector)
            begin = end
        }
    }

    /// Scores documents of one window from their exact vectors.
    private func score(
        _ ordinals: [Int], of member: Int, _ scratch: ScanScratch, _ counters: inout SearchCounters,
        _ collector: inout Collector
    ) throws {
        let segment = index.members[member].segment
        let scorer = DocumentScorer(segment, query, scratch)
        defer { scorer.finish() }
        counters.documentsScored += ordinals.count
        for ordinal in ordinals.prefix(Self.prefetched) { segment.prefetchRecord(at: ordinal) }
        for (position, ordinal) in ordinals.enumerated() {
            if position + Self.prefetched < ordinals.count {
                segment.prefetchRecord(at: ordinals[position + Self.prefetched])
            }
            let record = try segment.record(at: ordinal)
            try collector.take(scorer.score(record), member, ordinal, record)
        }
    }

    private func scoreAll(
        _ scratch: ScanScratch, _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            let allowed = allowed?[position]
            counters.filteredDocuments += allowed?.count ?? 0
            let ordinals = allowed?.ordinals ?? (0..<member.segment.documentCount).filter(member.isLive)
            counters.segmentsScored += 1
            try score(ordinals, of: position, scratch, &counters, &collector)
        }
    }
}
