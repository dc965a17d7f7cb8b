internal import Dispatch
internal import LMDB
internal import Logging
internal import SparseFormat
public import SystemPackage

/// An embedded, transactional store of sparse vectors: one file, no server.
///
/// Share one handle among all threads of a process. Reads never wait for writes, nor writes for reads; writes wait for
/// each other.
public final class Store: Sendable {
    /// Where the store lies.
    public let path: FilePath

    let environment: Environment
    let configuration: Configuration
    let source: SnapshotSource
    let merger: Merger
    let encodingTurn: ClaimTurn
    /// Nil when merging is left to the caller.
    let background: BackgroundMerging?
    /// Where asynchronous writes wait for each other, on one thread and not each on its own.
    let writes = DispatchQueue(label: "sparsestore.writes")

    /// Opens a store, or makes it.
    ///
    /// - Throws: `notFound` when it is not there and may not be made, `notAStore` for a foreign file, `corrupted` for a
    ///   damaged or truncated one, `incompatibleFormat`, `alreadyOpen` when this process has it open,
    ///   `networkFilesystem`, `permissionDenied`, `diskFull`, `io`.
    public static func open(
        at path: FilePath, configuration: Configuration = Configuration()
    ) throws(SparseStoreError) -> Store {
        try SparseStoreError.wrap { try Store(path, configuration) }
    }

    /// Opens a store, or makes it. See ``open(at:configuration:)-(FilePath,_)``.
    public static func open(
        at path: String, configuration: Configuration = Configuration()
    ) throws(SparseStoreError) -> Store {
        try open(at: FilePath(path), configuration: configuration)
    }

    private init(_ path: FilePath, _ configuration: Configuration) throws {
        try configuration.mergePolicy.check()
        self.path = path
        self.configuration = configuration
        do {
            environment = try Environment.open(
                at: path, options: EnvironmentOptions(configuration), tables: TableNumber.allCases.map(\.name)
            ) { transaction, tables in
                let names = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
                try Self.create(
                    Tables { name in
                        guard let table = names[name] else {
                            throw SparseStoreError(.internalError, "table \(name) was not made")
                        }
                        return table
                    }, configuration.profile, transaction.writer)
            }
        } catch let error as LMDBError where error.code == .missingTable {
            try Self.checkVersion(path, configuration)
            throw error
        }
        do {
            let environment = environment
            let tables = try Tables { try environment.table(named: $0) }
            let transaction = try environment.beginRead()
            let record = try MetaTable(tables: tables, reader: transaction.reader).store()
            try record.checkOpenable(readOnly: configuration.isReadOnly)
            source = SnapshotSource(environment, tables, record.uuid, configuration)
            merger = Merger(
                environment, tables, configuration.mergePolicy, pieces: configuration.mergePieces,
                metrics: source.metrics)
            encodingTurn = ClaimTurn(.encoding, environment, tables)
            let isBackground = configuration.maintenance != .manual && !configuration.isReadOnly
            background =
                isBackground
                ? BackgroundMerging(merger, configuration.logger, isSharing: configuration.maintenance == .shared) : nil
        } catch {
            environment.close()
            throw error
        }
        configuration.logger.debug("opened", metadata: ["path": "\(path)"])
        if keepsWritersOut {
            configuration.logger.warning(
                "the disk has no room for the lock file; nobody can write while this is open",
                metadata: ["path": "\(path)"])
        }
    }

    deinit { close() }

    /// Whether nobody can write while this is open, because the disk had no room for the lock file.
    package var keepsWritersOut: Bool { environment.keepsWritersOut }

    /// Throws when a file that lacks some of our tables says that it is a store: one of another version, whose tables are
    /// others, or a damaged one.
    private static func checkVersion(_ path: FilePath, _ configuration: Configuration) throws {
        var options = EnvironmentOptions(configuration)
        options.createIfMissing = false
        let environment = try Environment.open(at: path, options: options, tables: [TableNumber.meta.name]) { _, _ in }
        defer { environment.close() }
        let meta = try environment.table(named: TableNumber.meta.name)
        let transaction = try environment.beginRead()
        guard let record = try StoreRecord(from: meta, .meta, key: Keys.store, transaction.reader) else { return }
        try record.checkOpenable(readOnly: configuration.isReadOnly)
        throw SparseStoreError(.corrupted, "the store has lost a table; restore it from a backup")
    }

    /// Fills a new file: what it is, and an empty manifest.
    private static func create(_ tables: Tables, _ profile: IndexProfile, _ writer: Writer) throws {
        try StoreRecord.fresh().put(into: tables.meta, .meta, key: Keys.store, writer)
        try MetaTable.put(ManifestRecord(profile: profile), tables, writer)
    }

    /// Closes the file. Later calls throw `closed`; snapshots that are still held stay right. A merge in the background is
    /// left off and undone, within some milliseconds.
    public func close() {
        // A forked child has no such thread; and inside a write, that thread may wait for this one.
        if environment.isSameProcess { background?.stop(isWaiting: !environment.isWriterThread) }
        environment.close()
    }

    /// Runs `body` and commits what it did, all of it or nothing. When `write` returns the commit is durable (see
    /// ``Configuration/durability``) and the next search sees it.
    ///
    /// **`body` may run more than once**: when the map must grow in the middle, the transaction is rolled back and run
    /// again. Change nothing outside it that must not change twice. It runs on the calling thread; it must not call
    /// `write` again. Throwing from it rolls everything back.
    ///
    /// - Throws: `busy` when another writer has kept it waiting for ``Configuration/busyTimeout``; what writing can throw
    ///   (`diskFull`, `io`, `corrupted`, `readOnly`), and what `body` throws.
    @discardableResult
    public func write<R>(_ body: (inout WriteTransaction) throws -> R) throws -> R {
        try write(cancellation: nil, body)
    }

    func write<R>(cancellation: Cancellation?, _ body: (inout WriteTransaction) throws -> R) throws -> R {
        try StoreSpan.with("commit", store: source.metrics.store) { span in
            let start = ContinuousClock.now
            var published: WriteSession?
            let result = try SparseStoreError.translate {
                try environment.write(isCancelled: { cancellation?.isRaised ?? false }) { raw in
                    let session = try WriteSession(
                        source, writer: raw.writer, configuration: configuration, cancellation: cancellation)
                    var transaction = WriteTransaction(session: session)
                    let result = try body(&transaction)
                    published = try transaction.session.finish() ? transaction.session : nil
                    return result
                }
            }
            if let published {
                published.publish()
                background?.wake()
                report(published, since: start, span)
            }
            return result
        }
    }

    /// Tells metrics, log and trace of a commit.
    private func report(_ session: WriteSession, since start: ContinuousClock.Instant, _ span: StoreSpan) {
        let duration = ContinuousClock.now - start
        source.metrics.committed(from: session.base, to: session.manifest, in: duration)
        source.metrics.oldestSnapshot(age: source.open.oldestAge)
        configuration.logger.debug(
            "committed",
            metadata: [
                "generation": "\(session.manifest.generation)", "documents": "\(session.manifest.documents)",
                "segments": "\(session.manifest.segments.count)", "seconds": "\(duration.inSeconds)",
            ])
        span.set("generation", Int(clamping: session.manifest.generation))
        span.set("documents", Int(clamping: session.manifest.documents))
        span.set("segments", session.manifest.segments.count)
    }

    /// Runs `body` with a snapshot of the newest commit.
    public func read<R>(_ body: (Snapshot) throws -> R) throws -> R {
        try body(SparseStoreError.wrap { try source.snapshot() })
    }

    /// Runs `body` with a snapshot of a commit that is at least as new as a given one.
    ///
    /// - Parameters:
    ///   - generation: of the commit, as ``WriteTransaction/generation`` or ``SearchResult/generation`` gave it, here or in
    ///     another process.
    ///   - timeout: how long to wait for the store to reach it.
    ///   - body: reads.
    /// - Throws: `generationNotReached`, what opening a snapshot throws, and what `body` throws.
    public func read<R>(
        atLeast generation: UInt64, waitingUpTo timeout: Duration = .zero, _ body: (Snapshot) throws -> R
    ) throws -> R {
        try body(SparseStoreError.wrap { try source.snapshot(nil, atLeast: generation, timeout, nil) })
    }

    /// The best documents of a commit that is at least as new as a given one: who has written, or has heard of a commit,
    /// finds it. See `read(atLeast:waitingUpTo:_:)` and ``Snapshot/search(_:options:)``.
    public func search(
        _ query: Query, options: SearchOptions = SearchOptions(), atLeast generation: UInt64,
        waitingUpTo timeout: Duration = .zero
    ) throws(SparseStoreError) -> SearchResult {
        try SparseStoreError.wrap { try source.snapshot(nil, atLeast: generation, timeout, options.deadline) }
            .search(query, options: options)
    }

    /// The best documents of the newest commit by inner product. See ``Snapshot/search(_:options:)``.
    public func search(
        _ query: Query, limit: Int = 10, recall: Recall = .target(0.95)
    ) throws(SparseStoreError) -> SearchResult {
        try search(query, options: SearchOptions(limit: limit, recall: recall))
    }

    /// The best documents of the newest commit by inner product. See ``Snapshot/search(_:options:)``.
    public func search(_ query: Query, options: SearchOptions) throws(SparseStoreError) -> SearchResult {
        try SparseStoreError.wrap { try source.snapshot() }.search(query, options: options)
    }

    /// The document with an identifier, nil when there is none. See ``Snapshot/document(_:includingMultivector:)``.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap { try source.snapshot() }
            .document(id, includingMultivector: includingMultivector)
    }

    /// Whether there is a document with an identifier.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try source.snapshot() }.contains(id)
    }
}
