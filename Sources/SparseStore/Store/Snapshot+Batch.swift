internal import LMDB
internal import Synchronization

extension Snapshot {
    /// The best documents for many queries, sought by several threads, all in this commit.
    ///
    /// - Parameters:
    ///   - queries: any number.
    ///   - options: of each search; a deadline is one for all of them.
    ///   - threads: how many search at a time, the calling one included, and at most one for each processor; nil for
    ///     that. Where the system starts no further thread, those that there are do all the work.
    /// - Returns: for each query, in their order, what ``search(_:options:)`` returns or throws for it. A query that
    ///   cannot be answered keeps none of the others from being so.
    /// - Throws: `invalidArgument` for options or threads outside their ranges, `limitExceeded` for a filter beyond its
    ///   limits, `cancelled`.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SparseStoreError.wrap {
            guard threads ?? 1 >= 1 else {
                throw SparseStoreError(.invalidArgument, "\(threads ?? 1) threads cannot search; give 1 or more")
            }
            try options.check()
        }
        let cancellation = budget(options).cancellation
        let taken = Atomic(0)
        let results = Lock([Result<SearchResult, SparseStoreError>?](repeating: nil, count: queries.count))
        WorkerThread.run(onUpTo: min(queries.count, threads ?? queries.count, WorkerThread.processors)) {
            while cancellation?.isRaised != true {
                let index = taken.add(1, ordering: .relaxed).oldValue
                guard index < queries.count else { return }
                let result = Result { () throws(SparseStoreError) in try search(queries[index], options: options) }
                results.withLock { $0[index] = result }
            }
        }
        try cancellation?.check()
        return results.withLock { $0.compactMap(\.self) }
    }
}

extension Store {
    /// The best documents of the newest commit for many queries, sought by several threads. See
    /// ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SparseStoreError.wrap { try source.snapshot() }
            .search(batch: queries, options: options, threads: threads)
    }

    /// The same from a task, whose cancellation ends all searches. See ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) async throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).search(batch: queries, options: options, threads: threads)
        }
    }
}
