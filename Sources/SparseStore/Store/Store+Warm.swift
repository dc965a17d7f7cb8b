extension Store {
    /// Loads the index of the newest commit into memory and verifies its checksums, so that the first searches don't
    /// have to. Posting lists are loaded first, starting with the largest segments, then exact vectors. Loading stops
    /// before the chunk that would exceed `bytes`; a chunk is at most 16 MiB.
    ///
    ///     try store.warm(8 << 30)
    ///
    /// Data that the system later evicts from memory is read again when needed. Lists of compact segments are also
    /// decoded, up to ``Configuration/listCacheSize``.
    ///
    /// - Parameter bytes: The maximum number of bytes of the file to load; by default, the whole index.
    /// - Returns: The number of bytes that were loaded or already in memory.
    /// - Throws: `invalidArgument` for a negative number, `corrupted`.
    @discardableResult
    public func warm(_ bytes: Int = .max) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap { try source.snapshot().warm(bytes) }
    }

    /// Loads the index of the newest commit into memory. It stops when the task is canceled. See ``warm(_:)-(Int)``.
    ///
    /// - Throws: The errors of that method, and `cancelled`.
    @discardableResult
    public func warm(_ bytes: Int = .max) async throws(SparseStoreError) -> Int {
        try await AsyncHop.wrap { [self] in try source.snapshot($0).warm(bytes) }
    }
}

extension Snapshot {
    fileprivate func warm(_ bytes: Int) throws -> Int {
        guard bytes >= 0 else {
            throw SparseStoreError(.invalidArgument, "the number of bytes to warm is \(bytes); use 0 or more")
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
