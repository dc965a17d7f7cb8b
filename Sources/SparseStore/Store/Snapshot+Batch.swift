internal import LMDB
internal import Synchronization

extension Snapshot {
    /// Searches for many queries on several threads, all in this commit.
    ///
    /// - Parameters:
    ///   - queries: The queries, any number of them.
    ///   - options: The options of each search. A deadline applies to the whole batch.
    ///   - threads: The number of threads, including the calling one, at most one per processor; nil uses one per
    ///     processor. If the system cannot start more threads, the existing ones do all the work.
    /// - Returns: For each query, in order, the result or the error of ``search(_:options:)``. An error in one query
    ///   does not affect the others.
    /// - Throws: `invalidArgument` for options or threads outside their ranges, `limitExceeded` for a filter beyond its
    ///   limits, `cancelled`.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SearchBatch.run(queries.count, options, threads, cancellation) { index in
            Result { () throws(SparseStoreError) in try search(queries[index], options: options) }
        }
    }
}

/// Many searches, carried out by several threads.
enum SearchBatch {
    /// Runs `search` for each position, and gives what it returned, in their order.
    ///
    /// - Throws: `invalidArgument` for options or threads outside their ranges, `cancelled`.
    static func run<Answer: Sendable>(
        _ count: Int, _ options: SearchOptions, _ threads: Int?, _ cancellation: Cancellation?,
        _ search: @Sendable (Int) -> Answer
    ) throws(SparseStoreError) -> [Answer] {
        guard threads ?? 1 >= 1 else {
            throw SparseStoreError(.invalidArgument, "\(threads ?? 1) threads cannot search; give 1 or more")
        }
        try options.check()
        let taken = Atomic(0)
        let results = Lock([Answer?](repeating: nil, count: count))
        WorkerThread.run(onUpTo: min(count, threads ?? count, WorkerThread.processors)) {
            while cancellation?.isRaised != true {
                let index = taken.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = search(index)
                results.withLock { $0[index] = result }
            }
        }
        try cancellation?.check()
        return results.withLock { $0.compactMap(\.self) }
    }
}

extension Store {
    /// Searches the newest commit for many queries on several threads. See ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SparseStoreError.wrap { try source.snapshot() }
            .search(batch: queries, options: options, threads: threads)
    }

    /// Searches the newest commit for many queries on several threads, without blocking the task. Canceling the task
    /// ends all searches. See ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) async throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).search(batch: queries, options: options, threads: threads)
        }
    }
}
