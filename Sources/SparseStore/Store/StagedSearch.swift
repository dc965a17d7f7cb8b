internal import SparseFormat

/// A search of several stages in the making.
struct StagedSearch {
    let snapshot: Snapshot
    let query: ResolvedQuery
    let options: SearchOptions
    let stages: [SearchStage]

    private(set) var ranking: [RankedDocument]
    private var reports: [StageReport]
    private let counters: SearchCounters
    private let plan: SearchPlan

    /// Runs the first stage: it finds as many documents as any later stage takes.
    init(_ snapshot: Snapshot, _ query: Query, _ options: SearchOptions, _ stages: [SearchStage]) throws {
        for stage in stages { try stage.check() }
        self.snapshot = snapshot
        self.options = options
        self.stages = stages
        let watch = ContinuousClock.now
        let resolved = try snapshot.resolve(query, options.weighting)
        var first = options
        first.limit = Self.needed(by: stages[...], limit: options.limit)
        var counters = SearchCounters()
        let (found, plan) = try snapshot.source.scratch.withScratch { scratch in
            try snapshot.find(resolved, first, allowed: options.filter.map(snapshot.allowed), scratch, &counters)
        }
        self.query = resolved
        ranking = found.map {
            RankedDocument(
                id: $0.id, member: $0.member, ordinal: $0.ordinal, score: $0.score, stageScores: [$0.score])
        }
        self.counters = counters
        self.plan = plan
        reports = [
            StageReport(
                name: "search", candidates: counters.candidates, scored: counters.documentsScored,
                seconds: Self.seconds(since: watch), counters: [:])
        ]
    }

    /// How many documents the stages and the answer look at.
    private static func needed(by stages: ArraySlice<SearchStage>, limit: Int) -> Int {
        stages.reduce(limit) { max($0, $1.candidates) }
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let passed = ContinuousClock.now - start
        return Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
    }

    /// Runs the stages after the first.
    mutating func run() throws {
        for (index, stage) in stages.enumerated() {
            let watch = ContinuousClock.now
            let limit = Self.needed(by: stages[(index + 1)...], limit: options.limit)
            switch stage.kind {
            case .rerank(let reranker, let candidates):
                try rerank(reranker, min(candidates, ranking.count), limit: limit, watch)
            }
        }
    }

    private mutating func rerank(
        _ reranker: any Reranker, _ count: Int, limit: Int, _ watch: ContinuousClock.Instant
    ) throws {
        var scores = CandidateScores(count: count)
        if count > 0 {
            let candidates = try Candidates(ranking[..<count], CandidateSource(snapshot))
            try reranker.rerank(candidates, limit: limit, into: &scores)
        }
        ranking = scores.applied(to: ranking)
        reports.append(
            StageReport(
                name: reranker.name, candidates: count, scored: scores.scored, seconds: Self.seconds(since: watch),
                counters: scores.counters))
    }

    /// The answer, as far as the stages have run.
    func result() throws -> SearchResult {
        let hits = try snapshot.source.scratch.withScratch { scratch in
            try ranking.prefix(options.limit).map { item in
                let contributions =
                    options.contributions
                    ? try snapshot.contributions(item.member, item.ordinal, query, scratch) : []
                return Hit(
                    id: item.id, score: item.score, contributions: contributions, stageScores: item.stageScores)
            }
        }
        return SearchResult(
            hits: hits, generation: snapshot.generation, plan: plan, counters: counters, stages: reports)
    }
}
