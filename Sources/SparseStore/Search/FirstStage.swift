internal import SparseFormat

/// The first stage of a search. It finds the best documents by inner product in the windows of one snapshot.
struct FirstStage {
    let view: ReadView
    let query: ResolvedQuery
    /// The maximum number of documents; with a grouping, of groups.
    let limit: Int
    let minimumScore: Float?
    /// Nil for an exact search.
    let effort: Effort?
    /// The scoring of counts; nil if documents are scored by their weights.
    var scoring: BM25Function?
    /// The documents that the filter allows in each window; nil allows all live documents.
    var allowed: [AllowedDocuments]?
    var budget = SearchBudget.unlimited
    /// The rank after which documents are found. Only for an exact search without groups.
    var after: HitRank?
    /// The groups of documents; nil without grouping.
    var groups: DocumentGroups?

    var index: CommitIndex { view.index }

    /// Returns the best documents, best first. With groups, returns one group after the other, starting with the group
    /// of the best document.
    func run(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [FoundDocument] {
        var run = SearchRun(self, scratch)
        let found = try run.find()
        counters = run.counters
        return found
    }

    /// Returns the best documents, and the plan that was carried out.
    ///
    /// - Parameter chosen: The plan that the planner chose.
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
            counters.addSecondPass(exact)
            return (all, outcome(chosen, exact, isExact: true))
        }
        // Where nothing was scanned, nothing was left out.
        let isExact = chosen.isExact || !counters.isPartial
        return (found, outcome(chosen, counters, isExact: isExact))
    }

    /// The same search without approximation.
    private var exactly: FirstStage {
        FirstStage(
            view: view, query: query, limit: limit, minimumScore: minimumScore, effort: nil, scoring: scoring,
            allowed: allowed, budget: budget, groups: groups)
    }

    /// Returns the range of factors by which the impacts of a window's lists have changed with the average length since
    /// they were computed; nil if documents are scored by their weights.
    func drift(of directory: WindowDirectory) -> ClosedRange<Float>? {
        guard let scoring, directory.referenceLength > 0 else { return nil }
        return scoring.range(seenFrom: directory.referenceLength)
    }

    /// Returns the plan after changes by the search and its filter.
    private func outcome(_ chosen: SearchPlan, _ counters: SearchCounters, isExact: Bool) -> SearchPlan {
        if allowed == nil, isExact == chosen.isExact { return chosen }
        var reason = chosen.reason
        if allowed != nil {
            reason +=
                "; the filter matches \(counters.filteredDocuments) documents: "
                + "\(counters.segmentsScanned) segments scanned, \(counters.segmentsScored) scored completely"
        }
        if isExact, !chosen.isExact { reason += "; the answer is exact" }
        return chosen.amended(isExact: isExact, reason)
    }
}

/// Determines when a search must stop early. It is checked before each window and each batch of scored documents.
/// Without a deadline and a task, a check costs two comparisons.
struct SearchBudget: Sendable {
    var deadline: ContinuousClock.Instant?
    var cancellation: Cancellation?

    /// A budget without limits.
    static let unlimited = SearchBudget()

    /// - Throws: `cancelled`, `deadlineExceeded`.
    func check() throws(SparseStoreError) {
        try cancellation?.check()
        if let deadline, ContinuousClock.now >= deadline {
            throw SparseStoreError(
                .deadlineExceeded, problem: "the search did not finish before its deadline",
                remedy: "allow more time, or request fewer hits or a lower recall")
        }
    }
}

/// A document that a search has found, with its exact score.
struct FoundDocument {
    let id: String
    let place: DocumentPlace
    let score: Float
    /// The value that the document was grouped by; nil without a grouping or without a value.
    var group: GroupValue?
    /// Which of the snapshots that are searched together has it.
    var part = 0

    var rank: HitRank { HitRank(score: score, id: id) }

    /// Returns whether `a` ranks before `b`: by score, then by identifier.
    static func precedes(_ a: FoundDocument, _ b: FoundDocument) -> Bool { HitRank.precedes(a.rank, b.rank) }
}

/// The rank of a document in a result. Higher scores come first; equal scores are ordered by the identifiers' bytes.
struct HitRank: Sendable, Hashable {
    let score: Float
    let id: String

    static func precedes(_ a: HitRank, _ b: HitRank) -> Bool {
        a.score != b.score ? a.score > b.score : TextKey(a.id) < TextKey(b.id)
    }
}

extension SearchCounters {
    /// Whether posting lists were read, which a plan may have read only in part.
    fileprivate var isPartial: Bool { segmentsScanned > 0 || lists > 0 }
}
