internal import LMDB
internal import Logging
internal import Platform
internal import SparseFormat
internal import SystemPackage

/// Creates snapshots of the newest commit and reuses the decoded state of the previous one.
final class SnapshotSource: Sendable {
    let file: StoreFile
    let vocabulary = VocabularyCache()
    let codebooks = CodebookCache()
    let scratch = ScratchPool()
    let metrics: StoreMetrics
    let open: OpenSnapshots
    let logger: Logger
    /// The identity of the store.
    let uuid: StoreUUID
    let lists: ListCache
    private let segments: SegmentCache
    /// The bytes that the system's page cache can hold of the store; nil if unknown.
    private let memory: @Sendable () -> Int?
    private let newest = Lock<SnapshotState?>(nil)

    init(_ file: StoreFile, _ uuid: StoreUUID, _ configuration: Configuration) {
        self.file = file
        self.uuid = uuid
        let path = file.environment.path
        let name = path.lastComponent?.string ?? path.string
        metrics = StoreMetrics(store: name, factory: configuration.metrics)
        logger = configuration.logger
        lists = ListCache(capacity: max(0, configuration.listCacheSize))
        segments = SegmentCache(lists: lists)
        memory = { [size = configuration.pageCacheSize, stores = configuration.storesSharingPageCache] in
            size ?? PageCache.size.map { $0 / max(1, stores) }
        }
        open = OpenSnapshots(patience: configuration.snapshotPatience, logger: configuration.logger)
    }

    /// Returns a snapshot of the newest commit of any process.
    ///
    /// - Parameter cancellation: The cancellation that ends the snapshot's searches.
    func snapshot(_ cancellation: Cancellation? = nil) throws -> Snapshot {
        let transaction = try file.environment.beginRead()
        let state = try state(transaction.id, StoreReader(file.tables, transaction.reader))
        return Snapshot(transaction, state: state, source: self, cancellation: cancellation)
    }

    /// Returns a snapshot of a commit that is at least as new as a given one. Blocks the thread until the commit
    /// exists.
    ///
    /// - Throws: `generationNotReached`, `deadlineExceeded`, `cancelled`.
    func snapshot(
        _ cancellation: Cancellation?, atLeast generation: UInt64, _ timeout: Duration,
        _ deadline: ContinuousClock.Instant?
    ) throws -> Snapshot {
        let end = ContinuousClock.now + timeout
        let budget = SearchBudget(deadline: deadline, cancellation: cancellation)
        var pause: UInt32 = 500
        while true {
            try budget.check()
            let reached: UInt64
            do {
                // Ended before a file that has taken the store's place is looked for, which waits for snapshots.
                let snapshot = try snapshot(cancellation)
                if snapshot.generation >= generation { return snapshot }
                reached = snapshot.generation
            }
            if try refresh() { continue }
            guard ContinuousClock.now < end else {
                throw SparseStoreError(
                    .generationNotReached,
                    problem: "the store is at generation \(reached) and has not reached "
                        + "\(generation)",
                    remedy: "try again, or wait longer for the process that commits it")
            }
            // A commit of another process does not wake this thread.
            usleep(pause)
            pause = min(2 * pause, 16_000)
        }
    }

    /// Reads from the file that has taken the store's place, if one has. Snapshots must end meanwhile.
    func refresh() throws -> Bool {
        try file.environment.adoptReplacement { environment in
            let record = try StoreFile(environment: environment, tables: file.tables).read { try $0.meta.store() }
            try record.checkOpenable(readOnly: true)
            guard record.uuid == uuid else { throw SparseStoreError(.needsReopen, problem: "it is another store") }
            // The numbers of an earlier commit, or of another history after it, may mean something else.
            vocabulary.clear()
            codebooks.clear()
        }
    }

    /// Runs a search and reports it to metrics, log, and trace.
    func reporting(_ search: () throws -> SearchResult) rethrows -> SearchResult {
        let start = ContinuousClock.now
        return try StoreSpan.with("search", store: metrics.store) { span in
            let result = try search()
            report(result, since: start, span)
            return result
        }
    }

    /// Runs a search that awaits a model, and reports it to metrics, log, and trace.
    func reporting(
        isolation: isolated (any Actor)? = #isolation, _ search: () async throws -> SearchResult
    ) async rethrows -> SearchResult {
        let start = ContinuousClock.now
        return try await StoreSpan.with("search", store: metrics.store) { span in
            let result = try await search()
            report(result, since: start, span)
            return result
        }
    }

    private func report(_ result: SearchResult, since start: ContinuousClock.Instant, _ span: StoreSpan) {
        let duration = ContinuousClock.now - start
        metrics.searched(
            documentsScored: result.counters.documentsScored, postings: result.counters.postings, in: duration)
        logger.trace(
            "searched",
            metadata: [
                "generation": "\(result.generation)", "hits": "\(result.count)", "seconds": "\(duration.inSeconds)",
                "plan": "\(result.plan.reason)",
            ])
        span.set("generation", Int(clamping: result.generation))
        span.set("hits", result.count)
        span.set("plan", result.plan.reason)
        span.set("documents_scored", result.counters.documentsScored)
        span.set("postings_read", result.counters.postings)
        span.set("stages", max(1, result.stages.count))
        if let fallback = result.fallback { span.set("fallback", "\(fallback)") }
    }

    private func state(_ transactionID: UInt64, _ reader: StoreReader) throws -> SnapshotState {
        try newest.withLock { newest in
            // The map may have grown without a commit. Our read transaction keeps it in place.
            let mapEpoch = file.environment.mapEpoch
            if let newest, newest.transactionID == transactionID, newest.mapEpoch == mapEpoch { return newest }
            let meta = reader.meta
            let manifest = try meta.manifest()
            let index = try segments.index(manifest, reader, mapEpoch: mapEpoch)
            if let damage = index.unopenedBlocks, damage != newest?.index.unopenedBlocks {
                logger.error("the block index is damaged; searches will not use it", metadata: damage.metadata)
            }
            let state = SnapshotState(
                transactionID: transactionID, mapEpoch: mapEpoch, manifest: manifest, index: index,
                encoder: try meta.encoder(), tuning: try meta.tuning(),
                multivectors: try reader.multivectors(codebooks).settings(),
                schema: AttributeSchema(try meta.attributeSchema()), memory: memory)
            // A delayed thread may have an older commit than another thread has seen.
            if newest.map({ ($0.mapEpoch, $0.transactionID) < (mapEpoch, transactionID) }) ?? true { newest = state }
            return state
        }
    }
}

extension BlockDamage {
    /// The error as metadata for the log.
    var metadata: Logger.Metadata { ["error": "\(sentence)", "remedy": "build it again"] }
}
