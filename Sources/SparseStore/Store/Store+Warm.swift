extension Store {
    /// Brings the index of the newest commit into memory and proves its checksums, so that the first searches need not:
    /// posting lists first, the largest segments first, then exact vectors. Stops before the chunk that would pass the
    /// number of bytes; a chunk is at most 16 MiB.
    ///
    ///     try store.warm(8 << 30)
    ///
    /// What the system drops from memory later is read again when it is needed. Lists of compact segments are decoded,
    /// too, as many as ``Configuration/listCacheSize`` keeps.
    ///
    /// - Parameter bytes: of the file, at the most; by default all of the index.
    /// - Returns: the bytes that were brought in or were in memory already.
    /// - Throws: `invalidArgument` for a number below 0, `corrupted`.
    @discardableResult
    public func warm(_ bytes: Int = .max) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try source.snapshot().warm(bytes) }
    }

    /// The same from a task, whose cancellation ends it. See ``warm(_:)-(Int)``.
    ///
    /// - Throws: what that throws, and `cancelled`.
    @discardableResult
    public func warm(_ bytes: Int = .max) async throws(SparseStoreError) -> Int {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).warm(bytes) }
    }
}

extension Snapshot {
    fileprivate func warm(_ bytes: Int) throws -> Int {
        guard bytes >= 0 else {
            throw SparseStoreError(.invalidArgument, "\(bytes) bytes cannot be brought into memory; give 0 or more")
        }
        let budget = SearchBudget(deadline: nil, cancellation: cancellation)
        var loaded = 0
        var isFull = false
        func load(_ size: Int, _ load: () throws -> Void) throws {
            try budget.check()
            guard !isFull, size <= bytes - loaded else { return isFull = true }
            try load()
            loaded += size
        }
        let segments = state.index.members.map(\.segment).sorted { $0.documentCount > $1.documentCount }
        for segment in segments where !isFull { try segment.forEachListChunk(load) }
        for segment in segments where !isFull { try segment.forEachVectorChunk(load) }
        return loaded
    }
}
