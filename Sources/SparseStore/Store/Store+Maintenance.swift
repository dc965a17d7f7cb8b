internal import LMDB

extension Store {
    /// Takes the pages of the file that this process has touched out of its resident memory; they stay in the system's
    /// cache. For bulk loads that promise a bound: the next searches have them back at a minor fault each.
    public func releaseMemory() {
        environment.releaseResidentPages()
    }

    /// Does the merging that the policy asks for now (``Configuration/mergePolicy``), on the calling thread. Nothing to do
    /// costs next to nothing. Other threads and processes read and write meanwhile; a writer waits for one short
    /// transaction at the most.
    ///
    /// - Parameters:
    ///   - isCancelled: asked often; by default whether the current task is cancelled.
    ///   - progress: called often.
    /// - Returns: how many merges were done.
    /// - Throws: `cancelled`, with the merges that were finished kept and the one at hand undone; and what writing can
    ///   throw (`diskFull`, `io`, `corrupted`, `readOnly`).
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

    /// Merges the index into as few segments as hold its documents, without the removed ones, and keeps similar
    /// documents together. Searches are then as fast as they can be, and go on meanwhile, as writes do.
    ///
    /// Each step merges some 130,000 documents at the most: what is done is kept when a later step fails.
    ///
    /// - Parameter progress: called after each step with the segments that are left; may throw to stop there.
    /// - Throws: what ``maintain(isCancelled:progress:)`` throws, and what `progress` throws.
    public func optimize(progress: (Int) throws -> Void = { _ in }) throws {
        try SparseStoreError.translate {
            try merge(for: .fewest, { Task.isCancelled }, { _ in }) {
                try progress(try read { $0.manifest.segments.count })
            }
        }
    }

    /// Builds a block index over the documents of the newest commit, beside their windows: for millions of documents, of
    /// which a search then looks at a few thousand instead of going through all windows. `tune` measures what it brings, and
    /// the planner then takes whichever is cheaper. Searches and writes go on meanwhile.
    ///
    /// Documents that come later are searched in windows of their own; when half of the windows it was built from have been
    /// merged away it is dropped. An index that is there is replaced.
    ///
    /// - Parameters:
    ///   - settings: how much of the documents it holds, and in how many blocks.
    ///   - isCancelled: asked often; by default whether the current task is cancelled.
    ///   - progress: called often.
    /// - Returns: whether there was anything to index.
    /// - Throws: `invalidArgument` for settings outside their ranges and for a store that scores by BM25, `limitExceeded` for more than 65,536 distinct terms,
    ///   `cancelled`, with the store as it was; and what writing can throw (`diskFull`, `io`, `corrupted`, `readOnly`).
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
                    "a block index holds weights as they are, and this store scores by BM25; search it without one")
            }
            return try merger.buildBlocks(settings) { step in
                if isCancelled() {
                    throw SparseStoreError(.cancelled, "building blocks was cancelled; the store is as it was")
                }
                progress(step)
            }
        }
    }

    /// Changes what the index is made for. Segments that commits and merges make from now on are of the profile; those
    /// that are there stay as they are until they merge, or until `optimize` makes all of them anew. Answers
    /// do not change.
    ///
    /// - Throws: what writing can throw (`diskFull`, `io`, `corrupted`, `readOnly`).
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
                    throw SparseStoreError(.cancelled, "merging was cancelled; what it had finished is kept")
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
