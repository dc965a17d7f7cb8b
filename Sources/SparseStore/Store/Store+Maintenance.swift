internal import LMDB

extension Store {
    /// Releases the resident memory of the file's pages that this process has touched. The pages stay in the system's
    /// page cache, and each costs the next searches a minor fault. Bulk loads use it to bound their memory.
    public func releaseMemory() {
        environment.releaseResidentPages()
    }

    /// Runs the merges that the policy (``Configuration/mergePolicy``) currently calls for, on the calling thread. The
    /// call is cheap if there is nothing to merge. Other threads and processes can read and write meanwhile; a writer
    /// waits for at most one short transaction.
    ///
    /// - Parameters:
    ///   - isCancelled: Polled often; returning true cancels. By default, returns whether the current task is canceled.
    ///   - progress: Called often.
    /// - Returns: The number of merges that were completed.
    /// - Throws: `cancelled`, with finished merges kept and the current one undone; and the errors of writing
    ///   (`diskFull`, `io`, `corrupted`, `readOnly`).
    @discardableResult
    public func maintain(
        isCancelled: () -> Bool = { Task.isCancelled }, progress: (MaintenanceProgress) -> Void = { _ in }
    ) throws -> Int {
        try SparseStoreError.translate {
            var merges = 0
            try merge(for: .policy, isCancelled, progress) { merges += 1 }
            return merges
        }
    }

    /// Merges the index into as few segments as possible, drops removed documents, and groups similar documents. This
    /// makes searches as fast as possible. Searches and writes continue meanwhile.
    ///
    /// Each step merges at most about 130,000 documents. Finished steps are kept if a later one fails.
    ///
    /// - Parameter progress: Called after each step with the number of remaining segments. It may throw to stop.
    /// - Throws: The errors of ``maintain(isCancelled:progress:)`` and of `progress`.
    public func optimize(progress: (Int) throws -> Void = { _ in }) throws {
        try SparseStoreError.translate {
            try merge(for: .fewest, { Task.isCancelled }, { _ in }) {
                try progress(try read { $0.manifest.segments.count })
            }
        }
    }

    /// Builds a block index over the documents of the newest commit, beside their windows. With millions of documents,
    /// a search that uses it reads a few thousand documents instead of all windows. After `tune` has measured it, the
    /// planner uses whichever index is cheaper. Searches and writes continue meanwhile.
    ///
    /// Later documents are searched in windows. The block index is dropped when half of the windows it was built from
    /// have been merged away. An existing block index is replaced.
    ///
    /// - Parameters:
    ///   - settings: The share of each document that the index holds, and its number of blocks.
    ///   - isCancelled: Polled often; returning true cancels. By default, returns whether the current task is canceled.
    ///   - progress: Called often.
    /// - Returns: Whether there was anything to index.
    /// - Throws: `invalidArgument` for settings outside their ranges and for a store that scores by BM25;
    ///   `limitExceeded` for more than 65,536 distinct terms; `cancelled`, with the store unchanged; and the errors of
    ///   writing (`diskFull`, `io`, `corrupted`, `readOnly`).
    @discardableResult
    public func buildBlocks(
        _ settings: BlockSettings = BlockSettings(), isCancelled: () -> Bool = { Task.isCancelled },
        progress: (MaintenanceProgress) -> Void = { _ in }
    ) throws -> Bool {
        try SparseStoreError.translate {
            try settings.check()
            try requireWritable()
            guard try read({ $0.state.encoder?.bm25 }) == nil else {
                throw SparseStoreError(
                    .invalidArgument,
                    "a block index does not support BM25 scoring, which this store uses; "
                        + "search it without a block index"
                )
            }
            return try merger.buildBlocks(settings) { step in
                if isCancelled() {
                    throw SparseStoreError(
                        .cancelled,
                        "building the block index was cancelled, and the store was not changed; call it again")
                }
                progress(step)
            }
        }
    }

    /// Changes the index profile. Later commits and merges write segments of the new profile. Existing segments stay
    /// unchanged until they are merged, or until `optimize` rewrites them all. Search results do not change.
    ///
    /// - Throws: The errors of writing (`diskFull`, `io`, `corrupted`, `readOnly`).
    public func changeProfile(to profile: IndexProfile) throws(SparseStoreError) {
        try SparseStoreError.wrap {
            try environment.write { transaction in
                var manifest = try MetaTable(tables: source.tables, reader: transaction.reader).manifest()
                guard manifest.profile != profile else { return }
                manifest.profile = profile
                try MetaTable.put(manifest, source.tables, transaction.writer)
            }
        }
    }

    private func merge(
        for goal: Merger.Goal, _ isCancelled: () -> Bool, _ progress: (MaintenanceProgress) -> Void,
        merged: () throws -> Void
    ) throws {
        try requireWritable()
        try merger.run(
            goal,
            { step in
                if isCancelled() {
                    throw SparseStoreError(
                        .cancelled, "merging was cancelled, and the finished merges are kept; call it again")
                }
                progress(step)
            }, merged: merged)
    }

    private func requireWritable() throws {
        guard !configuration.isReadOnly else {
            throw SparseStoreError(.readOnly, "the store was opened for reading; open it for writing to merge")
        }
    }
}
