internal import SparseFormat

/// A search of several stages in the making.
struct StagedSearch {
    let snapshot: Snapshot
    let options: SearchOptions
    let stages: [SearchStage]
    /// What the filter leaves of each window; nil without one.
    let allowed: [AllowedDocuments]?

    /// The query as the last feedback has left it.
    var query: ResolvedQuery
    /// The documents that the last stage scored, and the way it did.
    private(set) var ranking: Ranking
    /// Those that stand behind them, with scores of earlier stages.
    private(set) var rest: [RankedDocument] = []
    private(set) var reports: [StageReport]
    private let counters: SearchCounters
    private let plan: SearchPlan

    /// Runs the first stage: it finds as many documents as any later stage takes.
    ///
    /// - Parameter candidates: so many at least.
    init(
        _ snapshot: Snapshot, _ query: Query, _ options: SearchOptions, _ stages: [SearchStage], candidates: Int = 1
    ) throws {
        for stage in stages { try stage.check() }
        self.snapshot = snapshot
        self.stages = stages
        let start = ContinuousClock.now
        let resolved = try snapshot.resolve(query, options.weighting)
        let allowed = try options.filter.map(snapshot.allowed)
        var first = options
        first.limit = max(candidates, Self.needed(by: stages[...], limit: options.limit))
        var counters = SearchCounters()
        let (found, plan) = try snapshot.source.scratch.withScratch { scratch in
            try snapshot.find(resolved, first, allowed: allowed, scratch, &counters)
        }
        self.options = options
        self.allowed = allowed
        self.query = resolved
        ranking = snapshot.ranking(found, resolved)
        self.counters = counters
        self.plan = plan
        reports = []
        report("search", Outcome(ranking, candidates: counters.candidates, scored: counters.documentsScored), start)
    }

    /// How many documents the stages and the answer look at.
    private static func needed(by stages: ArraySlice<SearchStage>, limit: Int) -> Int {
        stages.reduce(limit) { max($0, $1.candidates) }
    }

    /// Runs the stages after the first.
    mutating func run() throws {
        for (index, stage) in stages.enumerated() {
            try snapshot.budget(options).check()
            let start = ContinuousClock.now
            let limit = Self.needed(by: stages[(index + 1)...], limit: options.limit)
            switch stage.kind {
            case .rerank(let reranker, let fusion):
                report(reranker.name, try rerank(reranker, stage.candidates, fusion, limit: limit), start)
            case .feedback(let feedback):
                report("feedback", try self.feedback(feedback, limit: limit), start)
            case .fuse(let external, let fusion):
                report("fuse", try fuse(external, stage.candidates, fusion), start)
            }
        }
    }

    /// All documents, in their order.
    var documents: [RankedDocument] { ranking.documents + rest }

    /// What one stage did.
    struct Outcome {
        /// The documents that the stage scored; nil when it left everything as it was.
        let ranking: Ranking?
        /// Those that stand behind them, in their order.
        var rest: [RankedDocument] = []
        let candidates: Int
        let scored: Int
        var counters: [String: Int] = [:]

        init(_ ranking: Ranking?, candidates: Int, scored: Int) {
            self.ranking = ranking
            self.candidates = candidates
            self.scored = scored
        }
    }

    private mutating func report(_ name: String, _ outcome: Outcome, _ start: ContinuousClock.Instant) {
        if let new = outcome.ranking {
            ranking = new
            rest = outcome.rest
        }
        for index in ranking.documents.indices {
            let score = ranking.documents[index].score
            ranking.documents[index].stageScores.append(outcome.ranking == nil ? nil : score)
        }
        for index in rest.indices { rest[index].stageScores.append(nil) }
        reports.append(
            StageReport(
                name: name, candidates: outcome.candidates, scored: outcome.scored,
                seconds: (ContinuousClock.now - start).inSeconds, counters: outcome.counters))
    }

    /// The answer, as far as the stages have run.
    ///
    /// - Parameter limit: how many hits, if not as many as the search is to give.
    func result(limit: Int? = nil) throws -> SearchResult {
        let hits = try snapshot.source.scratch.withScratch { scratch in
            try documents.prefix(limit ?? options.limit).map { document in
                let contributions =
                    options.contributions ? try snapshot.contributions(document.place, query, scratch) : []
                return Hit(
                    id: document.id, score: document.score, contributions: contributions,
                    stageScores: document.stageScores)
            }
        }
        return SearchResult(
            hits: hits, generation: snapshot.generation, plan: plan, counters: counters, stages: reports)
    }
}

extension Snapshot {
    /// What a search has found, with the way it scores.
    func ranking(_ found: [WindowSearch.Scored], _ query: ResolvedQuery) -> Ranking {
        let documents = found.map { item in
            RankedDocument(id: item.id, place: item.place, score: item.score, stageScores: [])
        }
        return Ranking(documents: documents, unfound: 0) { [self] documents, counters in
            guard !documents.isEmpty else { return [] }
            counters["documents_scored", default: 0] += documents.count
            let scores = try source.scratch.withScratch { scratch in
                try index.scores(of: documents.map(\.place), query, scratch)
            }
            return scores.map { $0 > 0 ? $0 : nil }
        }
    }
}
