internal import LMDB
internal import SparseFormat

/// The true top k by inner product over window segments.
///
/// Each window gives the documents whose upper bound reaches the k-th best lower bound; these are rescored from their
/// stored vectors in the order of their bounds until no bound reaches the k-th score. Every document left out has a
/// proven better k, so the answer is the one brute force gives.
struct ExactSearch {
    let index: IndexView
    let query: ResolvedQuery
    let limit: Int
    let minimumScore: Float?

    /// A document and its exact score.
    struct Scored {
        let id: String
        let number: UInt64
        let score: Float

        /// Best first: by score, then by identifier.
        static func precedes(_ a: Scored, _ b: Scored) -> Bool { a.score != b.score ? a.score > b.score : a.id < b.id }
    }

    /// The documents that can be among the best, most promising first; nil when every document must be looked at,
    /// because the query has more terms than a window's accumulators can tell apart.
    func candidates(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [Candidate]? {
        guard query.terms.count <= WindowScan.maximumLists else { return nil }
        var set = CandidateSet(limit: limit, minimum: minimumScore ?? 0)
        for member in index.members {
            counters.segments += 1
            guard let window = try WindowScan(member.segment, query) else { continue }
            counters.lists += window.listCount
            counters.postings += window.postings
            window.run(member, scratch.accumulators, into: &set)
        }
        let remaining = set.remaining()
        counters.candidates += remaining.count
        return remaining
    }

    /// The best of the candidates by their exact scores.
    func rescore(
        _ candidates: [Candidate]?, _ documents: DocumentTable, _ scratch: ScanScratch,
        _ counters: inout SearchCounters
    ) throws -> [Scored] {
        guard !query.isEmpty else { return [] }
        let scorer = DocumentScorer(query, scratch)
        defer { scorer.finish() }
        var best = BoundedMinimumHeap(capacity: limit)
        var scored: [Scored] = []
        guard let candidates else {
            try documents.forEach { number, view in
                try take(view, number, scorer, &best, &scored)
                counters.documentsScored += 1
                if scored.count > 4 * limit + 1_024 { scored = finish(scored) }
                return true
            }
            return finish(scored)
        }
        for candidate in candidates {
            if best.isFull, candidate.upper < best.minimum { break }
            try take(try documents.existing(candidate.number), candidate.number, scorer, &best, &scored)
            counters.documentsScored += 1
        }
        return finish(scored)
    }

    private func take(
        _ view: DocumentView, _ number: UInt64, _ scorer: DocumentScorer, _ best: inout BoundedMinimumHeap,
        _ scored: inout [Scored]
    ) throws {
        let score = try scorer.score(view)
        guard score > 0, score >= minimumScore ?? 0, !best.isFull || score >= best.minimum else { return }
        best.insert(score)
        scored.append(Scored(id: try view.identifier, number: number, score: score))
    }

    private func finish(_ scored: [Scored]) -> [Scored] {
        Array(scored.sorted(by: Scored.precedes).prefix(limit))
    }
}
