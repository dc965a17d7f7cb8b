internal import SparseFormat

/// What the first stage of a search is asked for: the best documents for a query by inner product, over the windows of one
/// snapshot.
struct FirstStage {
    let index: IndexView
    let query: ResolvedQuery
    /// How many documents at the most; how many groups where there is a grouping.
    let limit: Int
    let minimumScore: Float?
    /// Nil for an exact search.
    let effort: Effort?
    /// What a filter leaves of each window; nil when every live document may be found.
    var allowed: [AllowedDocuments]?
    var budget = SearchBudget.unlimited
    /// Only documents that rank behind this are found. For an exact search without groups.
    var after: HitRank?
    /// Which documents belong together; nil when each counts alone.
    var groups: DocumentGroups?

    /// The best documents, best first; with groups one group after the other, the one with the best document first.
    func run(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [FoundDocument] {
        var run = SearchRun(self, scratch)
        let found = try run.find()
        counters = run.counters
        return found
    }

    /// The same, and how it was done in the end.
    ///
    /// - Parameter chosen: the plan, as the planner has chosen it.
    func run(
        _ chosen: SearchPlan, _ scratch: ScanScratch, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        var run = SearchRun(self, scratch)
        let found = try run.find()
        counters = run.counters
        // What a plan leaves out may be all that some documents share with the query: an answer that is not full is
        // sought again with nothing left out. (A minimum score may be why it is not full.)
        if effort != nil, counters.isPartial, !run.isFull, minimumScore == nil {
            var exact = SearchCounters()
            let all = try exactly.run(scratch, &exact)
            counters.add(exact)
            return (all, outcome(chosen, exact, isExact: true))
        }
        // Where nothing was scanned, nothing was left out.
        let isExact = chosen.isExact || !counters.isPartial
        return (found, outcome(chosen, counters, isExact: isExact))
    }

    /// The same search with nothing left out.
    private var exactly: FirstStage {
        FirstStage(
            index: index, query: query, limit: limit, minimumScore: minimumScore, effort: nil, allowed: allowed,
            budget: budget, groups: groups)
    }

    /// The plan as the search and its filter have changed it.
    private func outcome(_ chosen: SearchPlan, _ counters: SearchCounters, isExact: Bool) -> SearchPlan {
        if allowed == nil, isExact == chosen.isExact { return chosen }
        var reason = chosen.reason
        if allowed != nil {
            reason +=
                "; the filter lets \(counters.filteredDocuments) documents through: "
                + "\(counters.segmentsScanned) segments scanned, \(counters.segmentsScored) scored whole"
        }
        if isExact, !chosen.isExact { reason += "; the answer is exact" }
        return chosen.amended(isExact: isExact, reason)
    }
}

/// A document that a search has found, and its exact score.
struct FoundDocument {
    let id: String
    let place: DocumentPlace
    let score: Float
    /// What it was grouped by; nil without a grouping, and for a document that has no such value.
    var group: GroupValue?

    var rank: HitRank { HitRank(score: score, id: id) }

    /// Best first: by score, then by identifier.
    static func precedes(_ a: FoundDocument, _ b: FoundDocument) -> Bool { HitRank.precedes(a.rank, b.rank) }
}

/// What orders the documents of an answer: higher scores come first, equal scores in the order of the identifiers' bytes.
struct HitRank: Sendable, Hashable {
    let score: Float
    let id: String

    static func precedes(_ a: HitRank, _ b: HitRank) -> Bool {
        a.score != b.score ? a.score > b.score : TextKey(a.id) < TextKey(b.id)
    }
}

extension SearchCounters {
    /// Whether lists were read, of which a plan leaves something out.
    fileprivate var isPartial: Bool { segmentsScanned > 0 || lists > 0 }

    /// Adds the costs of a second pass over the same segments; what they hold is not counted twice.
    fileprivate mutating func add(_ other: SearchCounters) {
        segments = max(segments, other.segments)
        lists += other.lists
        postings += other.postings
        blocks += other.blocks
        blocksSkipped += other.blocksSkipped
        documentsEstimated += other.documentsEstimated
        lines += other.lines
        chunksDecoded += other.chunksDecoded
        chunksCached += other.chunksCached
        candidates += other.candidates
        documentsScored += other.documentsScored
        segmentsScanned = max(segmentsScanned, other.segmentsScanned)
        segmentsScored = max(segmentsScored, other.segmentsScored)
    }
}
