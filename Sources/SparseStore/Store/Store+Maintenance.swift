internal import LMDB
internal import SparseFormat

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
    /// - Parameters:
    ///   - keepingBlocks: Whether to leave the segments of a block index as they are, so that it can be extended. Each
    ///     is then merged only when the policy asks for it because of its removed documents. Nothing is spared if
    ///     ``buildBlocks(_:isCancelled:progress:)`` would build a new block index.
    ///   - progress: Called after each step with the number of remaining segments. It may throw to stop.
    /// - Throws: The errors of ``maintain(isCancelled:progress:)`` and of `progress`.
    public func optimize(keepingBlocks: Bool = false, progress: (Int) throws -> Void = { _ in }) throws {
        try SparseStoreError.translate {
            let kept = keepingBlocks ? try keptBlocks() : nil
            try merge(for: .fewest(sparing: kept?.sources ?? []), { Task.isCancelled }, { _ in }) {
                try progress(try read { $0.manifest.segments.count })
            }
        }
    }

    /// Builds a block index over the documents of the newest commit, beside their windows. A search that uses it looks
    /// at a few thousand documents instead of reading all windows. After `tune` has measured it, the planner uses
    /// whichever index is faster. Searches and writes continue meanwhile.
    ///
    /// It pays from about two million documents on. There, searches for ten documents take about half the time at a
    /// recall of 0.90 and 0.6 of it at 0.95, and nothing changes above 0.97. With half a million documents, searches at 0.95 and above
    /// take as long as without it. It takes about two thirds of the bytes of the rest of the store, and minutes of
    /// processor time (Benchmarks/RESULTS.md, "Blocks on real documents").
    ///
    /// Later documents are searched in windows until the next call, which extends the block index: it copies what there
    /// is, reads only the documents of the other windows, and adds them in blocks of their own. It builds a new one if
    /// `settings` are given, if more than a quarter of the documents in the block index have been removed or merged
    /// into other windows, if more than half as many have been added, if their weights are larger than those before,
    /// if the block index is damaged, or if there is nothing to add. The block index is dropped when half of the
    /// windows it was built from have been merged away.
    ///
    /// - Parameters:
    ///   - settings: The share of each document that the index holds, and its number of blocks, for a new block index.
    ///     By default, the one that exists is extended if possible, and a new one gets the default settings.
    ///   - isCancelled: Polled often; returning true cancels. By default, returns whether the current task is canceled.
    ///   - progress: Called often.
    /// - Returns: Whether there was anything to index.
    /// - Throws: `invalidArgument` for settings outside their ranges and for a store that scores by BM25;
    ///   `limitExceeded` for more than `Limits.maximumBlockTerms` distinct terms; `cancelled`, with the store
    ///   unchanged; and the errors of writing (`diskFull`, `io`, `corrupted`, `readOnly`).
    @discardableResult
    public func buildBlocks(
        _ settings: BlockSettings? = nil, isCancelled: () -> Bool = { Task.isCancelled },
        progress: (MaintenanceProgress) -> Void = { _ in }
    ) throws -> Bool {
        try SparseStoreError.translate {
            try settings?.check()
            try requireWritable()
            let (usesBM25, isDamaged) = try read { ($0.state.encoder?.bm25 != nil, $0.index.blocksDamage != nil) }
            guard !usesBM25 else {
                throw SparseStoreError(
                    .invalidArgument, problem: "a block index does not support BM25 scoring, which this store uses",
                    remedy: "search the store without a block index")
            }
            let mayExtend = settings == nil && !isDamaged
            return try merger.buildBlocks(settings ?? BlockSettings(), mayExtend: mayExtend) { step in
                if isCancelled() {
                    throw SparseStoreError(
                        .cancelled, problem: "building the block index was canceled, and the store was not changed",
                        remedy: "call it again")
                }
                progress(step)
            }
        }
    }

    /// Returns whether `buildBlocks` without settings would extend the block index.
    package func canExtendBlocks() throws -> Bool {
        try SparseStoreError.translate { try keptBlocks()?.hasMore ?? false }
    }

    /// Returns the block index if it is better kept than replaced.
    private func keptBlocks() throws -> ExtendedBlocks? {
        try file.read { reader in
            guard let record = try reader.meta.readableBlocks(),
                let blocks = ExtendedBlocks(record, try reader.meta.manifest()), blocks.isWorthKeeping
            else { return nil }
            return blocks
        }
    }

    /// Changes the index profile. Later commits and merges write segments of the new profile. Existing segments stay
    /// unchanged until they are merged, or until `optimize` rewrites them all. Search results do not change.
    ///
    /// - Throws: The errors of writing (`diskFull`, `io`, `corrupted`, `readOnly`).
    public func changeProfile(to profile: IndexProfile) throws(SparseStoreError) {
        try SparseStoreError.wrap {
            try file.write { writer in
                var manifest = try writer.reader.meta.manifest()
                guard manifest.profile != profile else { return }
                manifest.profile = profile
                try writer.put(manifest)
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
                        .cancelled, problem: "merging was canceled, and the finished merges are kept",
                        remedy: "call it again")
                }
                progress(step)
            }, merged: merged)
    }

    private func requireWritable() throws {
        guard !configuration.isReadOnly else {
            throw SparseStoreError(
                .readOnly, problem: "the store was opened for reading",
                remedy: "open it for writing to merge")
        }
    }
}

extension Store {
    /// Measures the recall of each planner effort on this store against exact results, and its time on this machine,
    /// and stores the measurements. The planner then takes the fastest effort that reaches the requested recall, or an
    /// exact search if that is faster. Repeat it when the store has grown a lot, its queries have changed, or it has
    /// moved to another machine.
    ///
    /// Queries are measured in classes by their number of terms (``QueryClass``), because long ones need other efforts than
    /// short ones. A class for which `queries` has fewer than 64 is filled up with queries that are made from the
    /// documents, so that later queries of other lengths reach their recall, too.
    ///
    /// Times are those of the calling thread on the processor, with data in memory. They vary from run to run, so two
    /// tunings may choose different efforts that take about equally long.
    ///
    /// If the store is larger than memory, other plans may be faster, because a search of the block index reads from
    /// more places than a scan. With `measuringColdPages`, the tuning also measures searches that wait for the disk, on
    /// Linux. It removes the store's pages from memory for that, so all searches wait for the disk during some
    /// seconds. Afterward it requests what was in memory. The planner then takes the plan that is fastest with the
    /// memory that there is (``Configuration/pageCacheSize``).
    ///
    /// - Parameters:
    ///   - queries: A few hundred representative queries. If empty, all queries are made from the documents.
    ///   - weighting: The weighting of those searches.
    ///   - seed: The seed for queries made from the documents. The same seed makes the same queries.
    ///   - measuringColdPages: Whether to measure searches that wait for the disk, too.
    ///   - progress: Called with the number of finished queries and their total. It may throw to stop.
    /// - Returns: The measured points. The array is empty, and nothing is stored, if there are no queries or too few
    ///   documents for a planned search to be cheaper than an exact one.
    @discardableResult
    public func tune(
        queries: [Query] = [], weighting: Weighting = .none, seed: UInt64 = 1, measuringColdPages: Bool = false,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> [TuningPoint] {
        try tune(
            queries: queries, weighting: weighting, seed: seed, measuringColdPages: measuringColdPages, isFilled: true,
            progress: progress)
    }

    /// - Parameter isFilled: Whether classes of too few queries are filled up. Tests leave it out, for time.
    @discardableResult
    func tune(
        queries: [Query], weighting: Weighting = .none, seed: UInt64 = 1, measuringColdPages: Bool = false,
        isFilled: Bool, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> [TuningPoint] {
        let record: TuningRecord? = try SparseStoreError.translate {
            let snapshot = try source.snapshot()
            guard !queries.isEmpty || snapshot.count >= Planner.exactBelow else { return nil }
            var sample = QuerySample(try queries.map { try snapshot.resolve($0, weighting) })
            // A smaller store is searched exactly anyway.
            if isFilled, snapshot.count >= Planner.exactBelow { try sample.fill(from: snapshot.view, seed: seed) }
            let tuner = Tuner(view: snapshot.view, scoring: snapshot.state.scoring, sample: sample)
            let asked = tuner.queryCount
            let total = asked + (measuringColdPages ? Tuner.coldQueries : 0)
            func measureCold(
                _ points: [TuningRecord.Point], _ scratch: ScanScratch
            ) throws -> [TuningRecord.ColdTime] {
                let cached = file.environment.cachedRegions()
                defer { file.environment.requestPages(cached) }
                return try tuner.measureCold(points, scratch, dropping: file.environment.dropCachedPages) { done, all in
                    try progress(asked + Tuner.coldQueries * done / all, total)
                }
            }
            func measure() throws -> (points: [TuningRecord.Point], coldTimes: [TuningRecord.ColdTime]) {
                do {
                    return try source.scratch.withScratch { scratch in
                        let points = try tuner.measure(scratch) { done, _ in try progress(done, total) }
                        return (points, measuringColdPages ? try measureCold(points, scratch) : [])
                    }
                } catch let damage as BlockDamage {
                    snapshot.noteDamage(damage)
                    return try measure()
                }
            }
            let measured = try measure()
            return TuningRecord(
                generation: snapshot.generation, documents: UInt64(snapshot.count),
                queries: UInt32(sample.classes.reduce(0) { $0 + $1.count }),
                bounds: sample.division.bounds.map { UInt32($0) }, points: measured.points,
                coldTimes: measured.coldTimes)
        }
        guard let record else { return [] }
        try SparseStoreError.wrap {
            try file.write { try $0.put(record) }
        }
        let cold = Dictionary(uniqueKeysWithValues: record.coldTimes.map { ($0.effort, $0.time) })
        return record.points.map { TuningPoint($0, record.classes, coldTime: cold[$0.effort]) }
    }
}

/// The measured recall and time of one effort with one class of queries.
public struct TuningPoint: Sendable, Hashable, Codable {
    /// The limit k of the searches.
    public let limit: Int
    /// The class of the queries.
    public let queryClass: QueryClass
    /// The effort; nil for the exact search. Efforts 0 to 15 search the windows, and efforts from 16 search the block
    /// index. Each range begins with its least effort.
    public let effort: Int?
    /// The mean recall against exact results, minus its standard error.
    public let recall: Double
    /// The mean processor time of a search, in microseconds.
    public let microseconds: Double
    /// The mean number of documents scored.
    public let documentsScored: Double
    /// The mean time by the clock of a search for ten documents that waits for the disk, in microseconds, over queries
    /// of all classes. Nil if it was not measured: without `measuringColdPages`, for another limit than 10, and for an
    /// effort that others surpass in both recall and time.
    public let coldMicroseconds: Double?

    init(_ point: TuningRecord.Point, _ classes: QueryClasses, coldTime: Float?) {
        limit = Int(point.limit)
        queryClass = classes[Int(point.queryClass)]
        effort = Effort.effort(numbered: point.effort)
        recall = Double(point.recall)
        microseconds = Double(point.time)
        documentsScored = Double(point.scored)
        coldMicroseconds = limit == Tuner.coldLimit ? coldTime.map(Double.init) : nil
    }
}

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

    /// Loads the index of the newest commit into memory. If the task is canceled, loading stops. See
    /// ``warm(_:)-(Int)``.
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
            throw SparseStoreError(
                .invalidArgument, problem: "the number of bytes to warm is \(bytes)",
                remedy: "use 0 or more")
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
        let segments = index.members.map(\.segment).sorted { $0.documentCount > $1.documentCount }
        for segment in segments where !isFull { try segment.forEachListChunk(load) }
        for segment in segments where !isFull { try segment.forEachVectorChunk(load) }
        return loaded
    }
}
