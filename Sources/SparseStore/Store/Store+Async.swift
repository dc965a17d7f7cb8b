// The async forms of the store's calls. Swift picks them in asynchronous functions. A call runs on a thread that may
// block, and returns to the task when it is done. A canceled search stops within a window of the index, and a canceled
// write is rolled back.
extension Store {
    /// Returns the best documents of the newest commit. See ``Snapshot/search(_:options:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        _ query: Query, limit: Int = 10, recall: Recall = .target(0.95)
    ) async throws(SparseStoreError) -> SearchResult {
        try await search(query, options: SearchOptions(limit: limit, recall: recall))
    }

    /// Returns the best documents of the newest commit. See ``Snapshot/search(_:options:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(_ query: Query, options: SearchOptions) async throws(SparseStoreError) -> SearchResult {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).search(query, options: options) }
    }

    /// Returns the best documents of a commit that is at least as new as a given one. See
    /// ``search(_:options:atLeast:waitingUpTo:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        _ query: Query, options: SearchOptions = SearchOptions(), atLeast generation: UInt64,
        waitingUpTo timeout: Duration = .zero
    ) async throws(SparseStoreError) -> SearchResult {
        try await wait(for: generation, upTo: timeout, options.deadline)
        return try await AsyncHop.wrap { [self] in
            try source.snapshot($0, atLeast: generation, .zero, options.deadline).search(query, options: options)
        }
    }

    /// Reads from the file that has taken the store's place, if one has. See `refresh()`.
    @discardableResult
    public func refresh() async throws(SparseStoreError) -> Bool {
        try await AsyncHop.wrap { [self] _ in try source.refresh() }
    }

    /// Waits for a commit without holding a thread, so that many tasks may wait while searches still run. The caller
    /// then checks whether the commit exists.
    private func wait(
        for generation: UInt64, upTo timeout: Duration, _ deadline: ContinuousClock.Instant?
    ) async throws(SparseStoreError) {
        var end = ContinuousClock.now + timeout
        if let deadline { end = min(end, deadline) }
        var pause = Duration.microseconds(500)
        while ContinuousClock.now < end {
            let reached = try await AsyncHop.wrap { [self] in try source.snapshot($0).generation }
            if reached >= generation { return }
            if try await AsyncHop.wrap({ [self] _ in try source.refresh() }) { continue }
            do {
                try await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: end)), clock: .continuous)
            } catch {
                throw .taskCancelled
            }
            pause = min(pause * 2, .milliseconds(16))
        }
    }

    /// Searches the newest commit in several stages, and returns the final ranking. See
    /// ``Snapshot/search(_:options:stages:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) async throws -> SearchResult {
        try await read { try $0.search(query, options: options, stages: stages) }
    }

    /// Returns the best documents of the newest commit, reordered by a reranker. See
    /// ``Snapshot/search(_:limit:candidates:rerankedBy:recall:)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) async throws -> SearchResult {
        try await read {
            try $0.search(query, limit: limit, candidates: candidates, rerankedBy: reranker, recall: recall)
        }
    }

    /// Returns the exact scores of given documents. See ``Snapshot/scores(_:of:weighting:)``.
    public func scores(
        _ query: Query, of ids: [String], weighting: Weighting = .none
    ) async throws(SparseStoreError) -> [Float?] {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).scores(query, of: ids, weighting: weighting) }
    }

    /// Returns the document with an identifier, or nil if there is none. See
    /// ``Snapshot/document(_:includingMultivector:)``.
    public func document(
        _ id: String, includingMultivector: Bool = false
    ) async throws(SparseStoreError) -> Document? {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).document(id, includingMultivector: includingMultivector)
        }
    }

    /// Returns whether the store has a document with the given identifier.
    public func contains(_ id: String) async throws(SparseStoreError) -> Bool {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).contains(id) }
    }

    /// Runs `body` with a snapshot of the newest commit on a thread that may block. If the task is canceled, searches
    /// in `body` end with `cancelled`.
    public func read<R: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> R) async throws -> R {
        try await AsyncHop.run { [self] cancellation in
            try body(SparseStoreError.wrap { try source.snapshot(cancellation) })
        }
    }

    /// Runs `body` with a snapshot of a commit that is at least as new as a given one. See
    /// ``read(atLeast:waitingUpTo:_:)``.
    public func read<R: Sendable>(
        atLeast generation: UInt64, waitingUpTo timeout: Duration = .zero,
        _ body: @escaping @Sendable (Snapshot) throws -> R
    ) async throws -> R {
        try await wait(for: generation, upTo: timeout, nil)
        return try await AsyncHop.run { [self] cancellation in
            try body(SparseStoreError.wrap { try source.snapshot(cancellation, atLeast: generation, .zero, nil) })
        }
    }

    /// Runs `body` and commits all of its changes or none. As with the synchronous ``write(_:)``, `body` may run more
    /// than once. The asynchronous writes of a store share one thread, because only one write can run at a time.
    ///
    /// If the task is canceled while its write waits, the write stops waiting immediately. If it is canceled before the
    /// commit, the write is rolled back; `body` can check with ``WriteTransaction/checkCancellation()``. A commit that
    /// has begun completes.
    ///
    /// - Throws: The errors of writing and of `body`, and `cancelled`.
    @discardableResult
    public func write<R: Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> R
    ) async throws -> R {
        try await AsyncHop.run(on: writes) { [self] in try write(cancellation: $0, body) }
    }

    /// Runs the merges that the policy currently calls for. See ``maintain(isCancelled:progress:)``. If the task is
    /// canceled, merging stops, and finished merges are kept.
    @discardableResult
    public func maintain(progress: @escaping @Sendable (MaintenanceProgress) -> Void = { _ in }) async throws -> Int {
        try await AsyncHop.run { [self] cancellation in
            try maintain(isCancelled: { cancellation.isRaised }, progress: progress)
        }
    }

    /// Merges the index into as few segments as possible. See ``optimize(keepingBlocks:progress:)``. If the task is
    /// canceled, merging stops after the current step.
    public func optimize(
        keepingBlocks: Bool = false, progress: @escaping @Sendable (Int) throws -> Void = { _ in }
    ) async throws {
        try await AsyncHop.run { [self] cancellation in
            try optimize(keepingBlocks: keepingBlocks) { segments in
                try progress(segments)
                try cancellation.check()
            }
        }
    }

    /// Measures the recall of each planner effort on this store. See
    /// ``tune(queries:weighting:seed:measuringColdPages:progress:)``. If the task is canceled, the measurement stops
    /// after the current query or, with cold pages, effort, and nothing is saved.
    @discardableResult
    public func tune(
        queries: [Query] = [], weighting: Weighting = .none, seed: UInt64 = 1, measuringColdPages: Bool = false,
        progress: @escaping @Sendable (Int, Int) throws -> Void = { _, _ in }
    ) async throws -> [TuningPoint] {
        try await AsyncHop.run { [self] cancellation in
            try tune(
                queries: queries, weighting: weighting, seed: seed, measuringColdPages: measuringColdPages
            ) { done, total in
                try progress(done, total)
                try cancellation.check()
            }
        }
    }

    /// Verifies the newest commit. See ``verify(_:progress:)``. If the task is canceled, verification stops.
    public func verify(
        _ level: VerificationLevel = .quick,
        progress: @escaping @Sendable (VerificationProgress) throws -> Void = { _ in }
    ) async throws -> VerificationReport {
        try await AsyncHop.run { [self] cancellation in
            try verify(level) { step in
                try progress(step)
                try cancellation.check()
            }
        }
    }

    /// Removes free pages from the file. See ``compact()``. If the task is canceled during the copy, the old file
    /// stays.
    @discardableResult
    public func compact() async throws(SparseStoreError) -> CompactionReport {
        try await AsyncHop.wrap { [self] in try compact(cancellation: $0) }
    }

    /// Returns counts and sizes of the newest commit. See the synchronous method of this name.
    public func statistics() async throws(SparseStoreError) -> StoreStatistics {
        try await AsyncHop.wrap { [self] _ in try statistics() }
    }
}
