// The same calls for tasks. Each leaves the task's thread once, for one that may block, and comes back when it is done;
// in an asynchronous function Swift picks these. A search that is cancelled stops within a window of the index, a write
// is rolled back.
extension Store {
    /// The best documents of the newest commit. See ``Snapshot/search(_:options:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(
        _ query: Query, limit: Int = 10, recall: Recall = .target(0.95)
    ) async throws(SparseStoreError) -> SearchResult {
        try await search(query, options: SearchOptions(limit: limit, recall: recall))
    }

    /// The best documents of the newest commit. See ``Snapshot/search(_:options:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(_ query: Query, options: SearchOptions) async throws(SparseStoreError) -> SearchResult {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).search(query, options: options) }
    }

    /// The best documents of a commit that is at least as new as a given one. See
    /// ``search(_:options:atLeast:waitingUpTo:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(
        _ query: Query, options: SearchOptions = SearchOptions(), atLeast generation: UInt64,
        waitingUpTo timeout: Duration = .zero
    ) async throws(SparseStoreError) -> SearchResult {
        try await wait(for: generation, upTo: timeout, options.deadline)
        return try await AsyncHop.wrap { [self] in
            try source.snapshot($0, atLeast: generation, .zero, options.deadline).search(query, options: options)
        }
    }

    /// Waits for a commit without holding a thread: many tasks may wait for one, and searches still run. Who comes back
    /// looks whether the commit is there.
    private func wait(
        for generation: UInt64, upTo timeout: Duration, _ deadline: ContinuousClock.Instant?
    ) async throws(SparseStoreError) {
        var end = ContinuousClock.now + timeout
        if let deadline { end = min(end, deadline) }
        var pause = Duration.microseconds(500)
        while ContinuousClock.now < end {
            let reached = try await AsyncHop.wrap { [self] in try source.snapshot($0).generation }
            if reached >= generation { return }
            do {
                try await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: end)), clock: .continuous)
            } catch {
                throw .taskCancelled
            }
            pause = min(pause * 2, .milliseconds(16))
        }
    }

    /// The best documents of the newest commit after several stages. See ``Snapshot/search(_:options:stages:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) async throws -> SearchResult {
        try await read { try $0.search(query, options: options, stages: stages) }
    }

    /// The best documents of the newest commit, ranked anew by a reranker. See
    /// ``Snapshot/search(_:limit:candidates:rerankedBy:recall:)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) async throws -> SearchResult {
        try await read {
            try $0.search(query, limit: limit, candidates: candidates, rerankedBy: reranker, recall: recall)
        }
    }

    /// The exact scores of given documents. See ``Snapshot/scores(_:of:weighting:)``.
    public func scores(
        _ query: Query, of ids: [String], weighting: Weighting = .none
    ) async throws(SparseStoreError) -> [Float?] {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).scores(query, of: ids, weighting: weighting) }
    }

    /// The document with an identifier, nil when there is none. See ``Snapshot/document(_:includingMultivector:)``.
    public func document(
        _ id: String, includingMultivector: Bool = false
    ) async throws(SparseStoreError) -> Document? {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).document(id, includingMultivector: includingMultivector)
        }
    }

    /// Whether there is a document with an identifier.
    public func contains(_ id: String) async throws(SparseStoreError) -> Bool {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).contains(id) }
    }

    /// Runs `body` with a snapshot of the newest commit, on a thread where it may block. Searches in it end with
    /// `cancelled` when the task is cancelled.
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

    /// Runs `body` and commits what it did, all of it or nothing, as the synchronous ``write(_:)`` does: `body` may run
    /// more than once. The asynchronous writes of a store share one thread, since they take turns anyway.
    ///
    /// A task that is cancelled while its write waits stops waiting at once. One that is cancelled before the commit rolls
    /// it back; `body` can ask as well
    /// (``WriteTransaction/checkCancellation()``). Once the commit has begun, it stands.
    ///
    /// - Throws: what writing and `body` throw, and `cancelled`.
    @discardableResult
    public func write<R: Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> R
    ) async throws -> R {
        try await AsyncHop.run(on: writes) { [self] in try write(cancellation: $0, body) }
    }

    /// Does the merging that the policy asks for now. See ``maintain(isCancelled:progress:)``; it stops when the task is
    /// cancelled, and keeps the merges that were finished.
    @discardableResult
    public func maintain(progress: @escaping @Sendable (MaintenanceProgress) -> Void = { _ in }) async throws -> Int {
        try await AsyncHop.run { [self] cancellation in
            try maintain(isCancelled: { cancellation.isRaised }, progress: progress)
        }
    }

    /// Merges the index into as few segments as hold its documents. See ``optimize(progress:)``; it stops after the step
    /// in which the task is cancelled.
    public func optimize(progress: @escaping @Sendable (Int) throws -> Void = { _ in }) async throws {
        try await AsyncHop.run { [self] cancellation in
            try optimize { segments in
                try progress(segments)
                try cancellation.check()
            }
        }
    }

    /// Measures what each effort of the planner reaches on this store. See ``tune(queries:weighting:seed:progress:)``; it
    /// stops between two queries when the task is cancelled, and then keeps nothing.
    @discardableResult
    public func tune(
        queries: [Query] = [], weighting: Weighting = .none, seed: UInt64 = 1,
        progress: @escaping @Sendable (Int, Int) throws -> Void = { _, _ in }
    ) async throws -> [TuningPoint] {
        try await AsyncHop.run { [self] cancellation in
            try tune(queries: queries, weighting: weighting, seed: seed) { done, total in
                try progress(done, total)
                try cancellation.check()
            }
        }
    }

    /// Looks whether the newest commit is sound. See ``verify(_:progress:)``; it stops when the task is cancelled.
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

    /// Takes free pages out of the file. See ``compact()``; a task that is cancelled while the copy is made keeps the old
    /// file.
    @discardableResult
    public func compact() async throws(SparseStoreError) -> CompactionReport {
        try await AsyncHop.wrap { [self] in try compact(cancellation: $0) }
    }

    /// Counts and sizes of the newest commit. See ``statistics()``.
    public func statistics() async throws(SparseStoreError) -> StoreStatistics {
        try await AsyncHop.wrap { [self] _ in try statistics() }
    }
}
