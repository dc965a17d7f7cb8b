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
        _ scope: SearchScope, _ query: Query, _ options: SearchOptions, stages: [SearchStage], candidates: Int = 1,
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

extension StagedSearch {
    /// - Parameter limit: The number of best documents that the later stages look at.
    func rerank(_ reranker: any Reranker, _ candidates: Int, _ fusion: Fusion?, limit: Int) throws -> Outcome {
        let head = documents.prefix(candidates)
        var scores = CandidateScores(count: head.count)
        if !head.isEmpty {
            try reranker.rerank(scope.candidates(head), limit: limit, into: &scores)
        }
        var counters = scores.counters
        var scored = Ranking(documents: [], unfound: nil, score: rescoring(reranker))
        var before = Ranking(documents: [], unfound: ranking.unfound, score: ranking.score)
        var rest: [RankedDocument] = []
        for rank in scores.order {
            var document = head[rank]
            guard let score = scores[rank] else {
                rest.append(document)
                continue
            }
            // The other documents have scores of another kind. A fusion asks for scores of its kind.
            if rank < ranking.documents.count { before.documents.append(document) }
            document.score = score
            scored.documents.append(document)
        }
        if let fusion { scored = try fusion.fuse(before, scored, &counters) }
        var outcome = Outcome(scored, candidates: head.count, scored: scores.scored)
        outcome.rest = rest + documents.dropFirst(head.count)
        outcome.counters = counters
        return outcome
    }

    /// Returns a function that scores later documents as the reranker scored its candidates.
    private func rescoring(_ reranker: any Reranker) -> Ranking.Score {
        let before = ranking.score
        return { [scope] documents, counters in
            guard !documents.isEmpty else { return [] }
            let found = try before(documents, &counters)
            var documents = documents
            for index in documents.indices { documents[index].score = found[index] ?? 0 }
            // Rerankers require candidates in rank order.
            let order = documents.indices.sorted { RankedDocument.precedes(documents[$0], documents[$1]) }
            var scores = CandidateScores(count: documents.count)
            let candidates = try scope.candidates(order.map { documents[$0] })
            try reranker.rerank(candidates, limit: documents.count, into: &scores)
            counters.merge(scores.counters, uniquingKeysWith: +)
            var result = [Float?](repeating: nil, count: documents.count)
            for (rank, index) in order.enumerated() { result[index] = scores[rank] }
            return result
        }
    }

    /// - Parameter limit: The number of best documents that the later stages look at.
    mutating func feedback(_ feedback: Feedback, limit: Int) throws -> Outcome {
        var relevant: [RankedPlace] = []
        var nonRelevant: [RankedPlace] = []
        var counters: [String: Int] = [:]
        switch feedback.source {
        case .best(let count): relevant = documents.prefix(count).map(\.place)
        case .judged(let good, let bad):
            relevant = try scope.places(of: good).compactMap(\.self)
            nonRelevant = try scope.places(of: bad).compactMap(\.self)
            counters["unknown"] = good.count + bad.count - relevant.count - nonRelevant.count
        }
        if feedback.weight == 0 { relevant = [] }
        if feedback.nonRelevantWeight == 0 { nonRelevant = [] }
        let used = relevant.count + nonRelevant.count
        guard used > 0, query.hasPositiveWeight else {
            var outcome = Outcome(nil, candidates: 0, scored: 0)
            outcome.counters = counters
            return outcome
        }
        let vectors = try scope.weightedVectors(of: relevant + nonRelevant, options.weighting)
        let expanded = Rocchio(feedback).expand(
            query, relevant: Array(vectors.prefix(relevant.count)),
            nonRelevant: Array(vectors.dropFirst(relevant.count)))
        let second = try search(expanded, limit: limit, &counters)
        counters["terms"] = expanded.terms.count
        query = expanded
        let fused = try feedback.interpolation?.fuse(ranking, second, &counters) ?? second
        var outcome = Outcome(fused, candidates: used, scored: counters["documents_scored", default: 0])
        outcome.counters = counters
        return outcome
    }

    /// Searches for the query that feedback derived.
    private func search(
        _ query: ResolvedQuery, limit: Int, _ counters: inout [String: Int]
    ) throws -> Ranking {
        var costs = SearchCounters()
        // The scores of another query have another scale.
        let (found, _) = try scope.find(request, query, limit: limit, hasMinimumScore: false, &costs)
        counters["postings"] = costs.postings
        counters["documents_scored"] = costs.documentsScored
        var second = scope.ranking(found, query)
        keepStageScores(of: &second.documents)
        return second
    }

    func fuse(_ external: ExternalRanking, _ candidates: Int, _ fusion: Fusion) throws -> Outcome {
        var counters = ["unknown": 0, "filtered": 0, "duplicates": external.duplicates, "documents_scored": 0]
        var known: [RankedDocument] = []
        for (index, place) in try scope.places(of: external.ids).enumerated() {
            guard let place else {
                counters["unknown", default: 0] += 1
                continue
            }
            guard request.isAllowed(place) else {
                counters["filtered", default: 0] += 1
                continue
            }
            known.append(
                RankedDocument(
                    id: external.ids[index], place: place, score: external.scores[index], stageScores: []))
        }
        keepStageScores(of: &known)
        let head = Array(ranking.documents.prefix(candidates))
        let fused = try fusion.fuse(
            Ranking(documents: head, unfound: ranking.unfound, score: ranking.score),
            Ranking(documents: known, unfound: nil) { others, _ in others.map { _ in nil } }, &counters)
        let places = Set(fused.documents.map(\.place))
        var outcome = Outcome(fused, candidates: head.count + known.count, scored: fused.documents.count)
        outcome.rest = documents.dropFirst(head.count).filter { !places.contains($0.place) }
        outcome.counters = counters
        return outcome
    }

    /// Returns the function that gives the number of a boost for a document of the scope.
    func reading(_ boost: Boost) throws -> BoostReranker.Reading {
        guard let name = boost.attribute else {
            guard case .when(let filter) = boost.kind else { return { _ in nil } }
            let allowed = try scope.parts.indices.map { part in
                try scope.attempt(part) { try $0.snapshot.allowed(filter, scope.schema) }
            }
            return { place in
                let isAllowed = allowed[place.part]?[place.place.window].bitmap.contains(place.place.ordinal) ?? false
                return isAllowed ? boost.factor : nil
            }
        }
        try boost.check(scope.schema.type(of: name))
        let bytes = Array(name.utf8)
        return { [scope] place in
            let view = scope.parts[place.part].snapshot.view
            let column = try view.index.members[place.place.window].column(bytes, view)
            return column.value(of: place.place.ordinal).flatMap(boost.worth)
        }
    }

    /// Restores the stage scores of documents that another search found again.
    private func keepStageScores(of documents: inout [RankedDocument]) {
        let known = Dictionary(self.documents.map { ($0.place, $0.stageScores) }) { first, _ in first }
        let none = [Float?](repeating: nil, count: reports.count)
        for index in documents.indices { documents[index].stageScores = known[documents[index].place] ?? none }
    }

    /// Drops documents that scored less than `least`, and the documents after them that the last stage has not scored.
    func atLeast(_ least: Float) -> Outcome {
        let count = documents.count
        let kept = ranking.documents.filter { $0.score >= least }
        var outcome = Outcome(
            Ranking(documents: kept, unfound: ranking.unfound, score: ranking.score), candidates: count, scored: 0)
        outcome.counters = ["dropped": count - kept.count]
        return outcome
    }
}

extension Snapshot {
    /// Returns the best documents, reordered by a reranker. The first stage finds `candidates` documents, or `limit` if
    /// that is larger. Documents that the reranker does not score follow in the order of the first stage.
    ///
    /// - Throws: The errors of ``search(_:options:)``; `invalidArgument` for `candidates` outside
    ///   1...`Limits.maximumResults` or a score that is not finite; and the errors of the reranker.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try search(
            query, options: SearchOptions(limit: limit, recall: recall),
            stages: [.rerank(reranker, candidates: candidates)])
    }

    /// Searches this snapshot in several stages, and returns the final ranking. Each stage takes the ranking of the
    /// previous one, and the last stage returns `options.limit` hits. The filter, recall, and minimum score apply to
    /// the first stage. With a grouping, the first stage finds as many groups as any stage takes candidates, later
    /// stages rank their documents, and the final ranking is grouped.
    ///
    /// - Throws: The errors of ``search(_:options:)``, `invalidArgument` for a stage's parameter outside its range, and
    ///   the errors of a reranker.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) throws -> SearchResult {
        try SparseStoreError.translate {
            try source.reporting { try SearchScope(self).search(query, options, stages) }
        }
    }
}

extension Store {
    /// Returns the best documents of the newest commit, reordered by a reranker. See
    /// ``Snapshot/search(_:limit:candidates:rerankedBy:recall:)``.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try read {
            try $0.search(query, limit: limit, candidates: candidates, rerankedBy: reranker, recall: recall)
        }
    }

    /// Searches the newest commit in several stages, and returns the final ranking. See
    /// ``Snapshot/search(_:options:stages:)``.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) throws -> SearchResult {
        try read { try $0.search(query, options: options, stages: stages) }
    }

    /// Returns the exact scores of given documents in the newest commit. See ``Snapshot/scores(_:of:weighting:)``.
    public func scores(
        _ query: Query, of ids: [String], weighting: Weighting = .none
    ) throws(SparseStoreError) -> [Float?] {
        try SparseStoreError.wrap { try source.snapshot() }.scores(query, of: ids, weighting: weighting)
    }
}
