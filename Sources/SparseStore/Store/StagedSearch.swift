internal import SparseFormat

/// A multi-stage search in progress.
struct StagedSearch {
    let scope: SearchScope
    let request: SearchRequest
    let stages: [SearchStage]

    /// The query after the last feedback.
    var query: ResolvedQuery
    /// The documents that the last stage scored, and its scoring function.
    private(set) var ranking: Ranking
    /// The documents that follow them, with scores of earlier stages.
    private(set) var rest: [RankedDocument] = []
    private(set) var reports: [StageReport]
    private let counters: SearchCounters
    private let plan: SearchPlan

    var options: SearchOptions { request.options }

    /// Runs the first stage. It finds as many documents, or groups, as any later stage takes documents.
    ///
    /// - Parameter candidates: The minimum number of documents to find.
    init(
        _ scope: SearchScope, _ query: Query, _ options: SearchOptions, _ stages: [SearchStage], candidates: Int = 1,
        model: String? = nil
    ) throws {
        for stage in stages { try stage.check() }
        self.scope = scope
        self.stages = stages
        let start = ContinuousClock.now
        let names = stages.map(\.name) + (model.map { ["\($0) \(candidates)"] } ?? [])
        let request = try scope.request(query, options, stages: names)
        guard request.depth <= Limits.maximumResults else { throw SearchRequest.isTooDeep }
        var counters = SearchCounters()
        let limit = max(candidates, Self.needed(by: stages[...], limit: request.depth))
        let (found, plan) = try scope.find(request, request.query, limit: limit, &counters)
        self.request = request
        self.query = request.query
        ranking = scope.ranking(found, request.query)
        self.counters = counters
        self.plan = plan
        reports = []
        report("search", Outcome(ranking, candidates: counters.candidates, scored: counters.documentsScored), start)
    }

    /// Returns the number of documents that the stages and the result need.
    private static func needed(by stages: ArraySlice<SearchStage>, limit: Int) -> Int {
        stages.reduce(limit) { max($0, $1.candidates) }
    }

    /// Runs the stages after the first.
    mutating func run() throws {
        for (index, stage) in stages.enumerated() {
            try scope.budget(options).check()
            let start = ContinuousClock.now
            let limit = Self.needed(by: stages[(index + 1)...], limit: request.depth)
            switch stage.kind {
            case .rerank(let reranker, let fusion):
                // The number of documents that make up enough groups is unknown until they are scored.
                let best = request.grouping == nil ? limit : Limits.maximumResults
                report(reranker.name, try rerank(reranker, stage.candidates, fusion, limit: best), start)
            case .feedback(let feedback):
                report("feedback", try self.feedback(feedback, limit: limit), start)
            case .fuse(let external, let fusion):
                report("fuse", try fuse(external, stage.candidates, fusion), start)
            case .minimumScore(let least):
                report("minimum", atLeast(least), start)
            case .boost(let boosts, let combination):
                let reranker = BoostReranker(readings: try boosts.map(reading), combination: combination)
                report(reranker.name, try rerank(reranker, stage.candidates, nil, limit: limit), start)
            }
        }
    }

    /// All documents in order.
    var documents: [RankedDocument] { ranking.documents + rest }

    /// The outcome of one stage.
    struct Outcome {
        /// The documents that the stage scored; nil if it changed nothing.
        let ranking: Ranking?
        /// The documents that follow them, in order.
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

    /// Returns the requested page after the stages that have run.
    func result() throws -> SearchResult {
        let shown: (documents: [RankedDocument], isFull: Bool)
        let first = request.start.depth + options.offset
        if let grouping = request.grouping {
            let slice = Groups.arranged(documents, best: grouping.best) { request.group(of: $0.place) }
                .dropFirst(first).prefix(options.limit)
            shown = (slice.flatMap(\.self), slice.count == options.limit)
        } else {
            let slice = documents.dropFirst(first).prefix(options.limit)
            shown = (Array(slice), slice.count == options.limit)
        }
        var result = try result(shown.documents)
        result.page = request.page(isFull: shown.isFull)
        return result
    }

    /// Returns the first documents of the result and all before them, regardless of their groups.
    ///
    /// - Parameter candidates: The minimum number of documents.
    func unpagedResult(candidates: Int) throws -> SearchResult {
        let count = request.grouping == nil ? max(candidates, request.depth) : documents.count
        var result = try result(Array(documents.prefix(count)))
        result.page = request.page(isFull: false)
        return result
    }

    private func result(_ documents: [RankedDocument]) throws -> SearchResult {
        var result = SearchResult(
            hits: try scope.hits(documents, request, query), generation: scope.generation, plan: plan,
            counters: counters, stages: reports)
        if options.countsMatches { result.matches = try scope.matches(request) }
        result.failures = scope.failures?.all ?? [:]
        return result
    }
}
