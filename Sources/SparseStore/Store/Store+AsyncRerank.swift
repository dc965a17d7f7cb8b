internal import SparseFormat

extension Store {
    /// Returns the best documents of the newest commit, reordered by an asynchronous model. See
    /// ``search(_:options:stages:candidates:rerankedBy:batches:)``.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: some AsyncReranker,
        batches: BatchOptions = BatchOptions(), recall: Recall = .target(0.95)
    ) async throws -> SearchResult {
        try await search(
            query, options: SearchOptions(limit: limit, recall: recall), candidates: candidates, rerankedBy: reranker,
            batches: batches)
    }

    /// Searches the newest commit in several stages, and returns the ranking of an asynchronous model.
    ///
    /// The earlier stages run in one snapshot on a thread that may block. The snapshot ends before the model is called,
    /// unless ``SearchOptions/fields`` requests fields of the hits; these are read from it for the returned hits once
    /// the model has answered. If the deadline passes or the model fails, the result is the complete ranking of the
    /// previous stage, because a partial order would depend on which batches finished first. ``SearchResult/fallback``
    /// then reports it. The search does not wait for a model that keeps running after its task was canceled.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - options: The options of the first stage, and the number of hits to return.
    ///   - stages: The stages between the first stage and the model.
    ///   - candidates: The maximum number of documents that the model scores. The others follow them.
    ///   - reranker: The model.
    ///   - batches: The batching of the calls to the model, and the time limit of the search.
    /// - Throws: The errors of ``Snapshot/search(_:options:stages:)`` and of copying a candidate, and `cancelled`.
    public func search(
        _ query: Query, options: SearchOptions, stages: [SearchStage] = [], candidates: Int = 50,
        rerankedBy reranker: some AsyncReranker, batches: BatchOptions = BatchOptions()
    ) async throws -> SearchResult {
        try await source.reporting {
            try await ranked(
                query, options: options, stages: stages, candidates: candidates, reranker: reranker, batches: batches)
        }
    }

    private func ranked(
        _ query: Query, options: SearchOptions, stages: [SearchStage], candidates: Int,
        reranker: some AsyncReranker, batches: BatchOptions
    ) async throws -> SearchResult {
        try batches.check()
        let start = ContinuousClock.now
        // The hits to return are known once the model has answered.
        var first = options
        first.fields = []
        let prepared = try await AsyncHop.run { [self, first] cancellation in
            let snapshot = try source.snapshot(cancellation)
            let (result, inputs) = try snapshot.prepare(
                query, options: first, stages: stages, candidates: candidates, reranker: reranker)
            return (result: result, inputs: inputs, snapshot: options.fields.isEmpty ? nil : snapshot)
        }
        let inputs = prepared.inputs
        let modelStart = ContinuousClock.now
        var scores = CandidateScores(count: inputs.count)
        var fallback: StageReport.Fallback?
        do {
            let deadline = batches.deadline.map { start.advanced(by: $0) }
            let found = try await Self.race(until: deadline) { try await reranker.scores(inputs, batches) }
            for (rank, score) in found.enumerated() { try scores.set(score, at: rank) }
        } catch is DeadlinePassed {
            fallback = .deadlinePassed
        } catch {
            guard !Task.isCancelled else { throw SparseStoreError.taskCancelled }
            fallback = .failed("\(error)")
        }
        let stage = StageReport(
            name: reranker.name, candidates: inputs.count, scored: scores.scored,
            seconds: (ContinuousClock.now - modelStart).inSeconds, counters: [:], fallback: fallback)
        var result = prepared.result.reranked(scores, stage, options)
        if let snapshot = prepared.snapshot {
            let hits = result.hits
            result.hits = try await AsyncHop.wrap { _ in try snapshot.withFields(options.fields, hits) }
        }
        return result
    }

    private struct DeadlinePassed: Error {}

    /// Returns the result of `work`. If the deadline passes or the task is canceled first, cancels `work` and does not
    /// wait for it.
    private static func race<R: Sendable>(
        until deadline: ContinuousClock.Instant?, _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let first = FirstOutcome<R>()
        let worker = Task {
            do { first.settle(.success(try await work())) } catch { first.settle(.failure(error)) }
        }
        let timer = deadline.map { deadline in
            Task {
                try await Task.sleep(until: deadline, clock: .continuous)
                first.settle(.failure(DeadlinePassed()))
            }
        }
        defer {
            worker.cancel()
            timer?.cancel()
        }
        return try await withTaskCancellationHandler {
            try await first.value()
        } onCancel: {
            first.settle(.failure(CancellationError()))
        }
    }
}

extension Snapshot {
    /// Returns the hits with fields of their documents.
    fileprivate func withFields(_ fields: HitFields, _ hits: [Hit]) throws -> [Hit] {
        var hits = hits
        try read(fields, of: &hits, at: Array(hits.indices))
        return hits
    }

    /// Prepares the ranking for the model, and the data that the model needs.
    fileprivate func prepare<R: AsyncReranker>(
        _ query: Query, options: SearchOptions, stages: [SearchStage], candidates: Int, reranker: R
    ) throws -> (SearchResult, [R.Input]) {
        try SparseStoreError.translate {
            try options.check()
            try SearchStage.check(candidates: candidates)
            let scope = SearchScope(self)
            var search = try StagedSearch(
                scope, query, options, stages: stages, candidates: candidates, model: reranker.name)
            try search.run()
            let inputs = try scope.candidates(search.documents.prefix(candidates)).map(reranker.input)
            return (try search.unpagedResult(candidates: candidates), inputs)
        }
    }
}

extension SearchResult {
    /// Returns the requested page of the result after sorting its first hits by the scores of the model.
    fileprivate func reranked(_ scores: CandidateScores, _ report: StageReport, _ options: SearchOptions)
        -> SearchResult
    {
        let first = scores.order.map { rank in
            var hit = hits[rank]
            hit.score = scores[rank] ?? hit.score
            hit.stageScores.append(scores[rank])
            return hit
        }
        let rest = hits.dropFirst(first.count).map { hit in
            var hit = hit
            hit.stageScores.append(nil)
            return hit
        }
        var result = self
        result.stages.append(report)
        let groups = Groups.arranged(first + rest, best: options.grouping?.best ?? 1) { hit in
            options.grouping == nil ? nil : hit.group.map(GroupValue.init)
        }
        let shown = groups.dropFirst(page?.depth ?? 0).prefix(options.limit)
        result.hits = shown.flatMap(\.self)
        result.page?.isFull = shown.count == options.limit
        return result
    }
}
