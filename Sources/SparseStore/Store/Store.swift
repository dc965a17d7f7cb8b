internal import Dispatch
internal import LMDB
internal import Logging
internal import SparseFormat
public import SystemPackage

/// An embedded, transactional store of sparse vectors in one file, without a server.
///
/// Share one handle among all threads of a process. Reads and writes never wait for each other; writes wait for other
/// writes.
public final class Store: Sendable {
    /// The path of the store.
    public let path: FilePath

    let file: StoreFile
    let configuration: Configuration
    let source: SnapshotSource
    let merger: Merger
    let encodingTurn: ClaimTurn
    /// Nil with manual maintenance.
    let background: BackgroundMerging?
    /// The queue on which asynchronous writes wait, so that they occupy one thread instead of one each.
    let writes = DispatchQueue(label: "sparsestore.writes")

    /// Opens a store, or creates it.
    ///
    /// - Throws: `notFound` if the store does not exist and may not be created, `notAStore` for a file of another kind,
    ///   `corrupted` for a damaged or truncated file, `incompatibleFormat`, `alreadyOpen` if this process has the store
    ///   open, `networkFilesystem`, `permissionDenied`, `diskFull`, `io`.
    public static func open(
        at path: FilePath, configuration: Configuration = Configuration()
    ) throws(SparseStoreError) -> Store {
        try SparseStoreError.wrap { try Store(path, configuration) }
    }

    /// Opens a store, or creates it. See `open(at:configuration:)`.
    public static func open(
        at path: String, configuration: Configuration = Configuration()
    ) throws(SparseStoreError) -> Store {
        try open(at: FilePath(path), configuration: configuration)
    }

    private init(_ path: FilePath, _ configuration: Configuration) throws {
        try configuration.mergePolicy.check()
        self.path = path
        self.configuration = configuration
        let environment: Environment
        do {
            environment = try Environment.open(
                at: path, options: EnvironmentOptions(configuration), tables: TableNumber.allCases.map(\.name)
            ) { transaction, tables in
                let names = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
                let known = try Tables { name in
                    guard let table = names[name] else {
                        throw SparseStoreError(.internalError, problem: "table \(name) was not created")
                    }
                    return table
                }
                try Self.create(configuration.profile, StoreWriter(known, transaction.writer))
            }
        } catch let error as LMDBError where error.code == .missingTable {
            try Self.checkVersion(path, configuration)
            throw error
        }
        do {
            file = StoreFile(environment: environment, tables: try Tables { try environment.table(named: $0) })
            let record = try file.read { try $0.meta.store() }
            try record.checkOpenable(readOnly: configuration.isReadOnly)
            source = SnapshotSource(file, record.uuid, configuration)
            merger = Merger(
                file, configuration.mergePolicy, pieces: configuration.mergePieces,
                metrics: source.metrics)
            encodingTurn = ClaimTurn(.encoding, file)
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
                "the disk has no space for the lock file; no process can write while this store is open",
                metadata: ["path": "\(path)"])
        }
    }

    deinit { close() }

    var environment: Environment { file.environment }

    /// Whether nobody can write while this handle is open, because the disk had no room for the lock file.
    package var keepsWritersOut: Bool { environment.keepsWritersOut }

    /// Throws if a file that lacks some of our tables is marked as a store: it has another format version or is
    /// damaged.
    private static func checkVersion(_ path: FilePath, _ configuration: Configuration) throws {
        var options = EnvironmentOptions(configuration)
        options.createsIfMissing = false
        let environment = try Environment.open(at: path, options: options, tables: [TableNumber.meta.name]) { _, _ in }
        defer { environment.close() }
        let meta = try environment.table(named: TableNumber.meta.name)
        let transaction = try environment.beginRead()
        guard let bytes = try transaction.reader.get(meta, Keys.store) else { return }
        let record = try StoreRecord(sealed: bytes, in: .meta, key: Keys.store)
        try record.checkOpenable(readOnly: configuration.isReadOnly)
        throw SparseStoreError.corrupted("a table of the store is missing")
    }

    /// Initializes a new file with its store record and an empty manifest.
    private static func create(_ profile: IndexProfile, _ writer: StoreWriter) throws {
        try StoreRecord.fresh().put(into: .meta, key: Keys.store, writer)
        try writer.put(ManifestRecord(profile: profile))
    }

    /// Closes the store. Later calls throw `closed`; open snapshots stay valid. A background merge is aborted and
    /// undone within a few milliseconds.
    public func close() {
        // A forked child has no such thread; and inside a write, that thread may wait for this one.
        if environment.isSameProcess { background?.stop(isWaiting: !environment.isWriterThread) }
        environment.close()
    }

    /// Runs `body` and commits all of its changes or none. When `write` returns, the commit is durable (see
    /// ``Configuration/durability``) and visible to the next search.
    ///
    /// **`body` may run more than once**: if the memory map must grow during the transaction, the transaction is rolled
    /// back and run again. Do not change anything outside the transaction that must not change twice. `body` runs on
    /// the calling thread and must not call `write`. If it throws, everything is rolled back.
    ///
    /// - Throws: `busy` if another writer has kept it waiting for ``Configuration/busyTimeout``; the errors of writing
    ///   (`diskFull`, `io`, `corrupted`, `readOnly`) and of `body`.
    @discardableResult
    public func write<R>(_ body: (inout WriteTransaction) throws -> R) throws -> R {
        try write(cancellation: nil, body)
    }

    func write<R>(cancellation: Cancellation?, _ body: (inout WriteTransaction) throws -> R) throws -> R {
        try StoreSpan.with("commit", store: source.metrics.store) { span in
            let start = ContinuousClock.now
            var published: WriteSession?
            let result = try SparseStoreError.translate {
                try file.write(isCancelled: { cancellation?.isRaised ?? false }) { writer in
                    let session = try WriteSession(
                        source, writer: writer, configuration: configuration, cancellation: cancellation)
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

    /// Reports a commit to metrics, log, and trace.
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

    /// Switches to the file that has replaced the store, if there is one. Use it for a copy that a ``Follower`` of this
    /// process or of another keeps up to date, opened with ``Configuration/isReadOnly``. Calls that ask for a
    /// generation that the old file does not have, such as `search(_:options:atLeast:waitingUpTo:)`, switch by
    /// themselves.
    ///
    /// Snapshots that are held must end within 10 seconds, and new calls wait for them. If no file has replaced the
    /// store, the call costs one question to the file system.
    ///
    /// - Returns: Whether the store now uses another file.
    /// - Throws: `busy`, with nothing changed, when a snapshot does not end; `needsReopen` when the new file cannot be
    ///   opened, or is another store; `closed`.
    @discardableResult
    public func refresh() throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try source.refresh() }
    }

    /// Runs `body` with a snapshot of the newest commit.
    public func read<R>(_ body: (Snapshot) throws -> R) throws -> R {
        try body(SparseStoreError.wrap { try source.snapshot() })
    }

    /// Runs `body` with a snapshot of a commit that is at least as new as a given one.
    ///
    /// - Parameters:
    ///   - generation: The number of the commit, from ``WriteTransaction/generation`` or ``SearchResult/generation`` of
    ///     this or another process.
    ///   - timeout: The time to wait for the commit.
    ///   - body: The closure that reads.
    /// - Throws: `generationNotReached`, and the errors of opening a snapshot and of `body`.
    public func read<R>(
        atLeast generation: UInt64, waitingUpTo timeout: Duration = .zero, _ body: (Snapshot) throws -> R
    ) throws -> R {
        try body(SparseStoreError.wrap { try source.snapshot(nil, atLeast: generation, timeout, nil) })
    }

    /// Returns the best documents of a commit that is at least as new as a given one, so that callers can read their
    /// own writes. See `read(atLeast:waitingUpTo:_:)` and ``Snapshot/search(_:options:)``.
    public func search(
        _ query: Query, options: SearchOptions = SearchOptions(), atLeast generation: UInt64,
        waitingUpTo timeout: Duration = .zero
    ) throws(SparseStoreError) -> SearchResult {
        try SparseStoreError.wrap { try source.snapshot(nil, atLeast: generation, timeout, options.deadline) }
            .search(query, options: options)
    }

    /// Returns the best documents of the newest commit by inner product, or by BM25 if the store's encoder uses it. See
    /// ``Snapshot/search(_:options:)``.
    public func search(
        _ query: Query, limit: Int = 10, recall: Recall = .target(0.95)
    ) throws(SparseStoreError) -> SearchResult {
        try search(query, options: SearchOptions(limit: limit, recall: recall))
    }

    /// Returns the best documents of the newest commit by inner product, or by BM25 if the store's encoder uses it. See
    /// ``Snapshot/search(_:options:)``.
    public func search(_ query: Query, options: SearchOptions) throws(SparseStoreError) -> SearchResult {
        try SparseStoreError.wrap { try source.snapshot() }.search(query, options: options)
    }

    /// Returns the document with an identifier, or nil if there is none. See
    /// ``Snapshot/document(_:includingMultivector:)``.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap { try source.snapshot() }
            .document(id, includingMultivector: includingMultivector)
    }

    /// Returns whether the store has a document with the given identifier.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap { try source.snapshot() }.contains(id)
    }
}
