import CLMDB
internal import Platform
package import SystemPackage

/// One database file that is open in this process. It can be shared between threads and tasks.
///
/// Every use of liblmdb's handle goes through `gate`, which counts the live uses. The map is moved and the handle is
/// closed only when there are none, and no use begins meanwhile.
package final class Environment: Sendable {
    package let path: FilePath
    let options: EnvironmentOptions
    /// The path given to liblmdb: absolute and free of symbolic links, so that all processes share one lock file.
    let canonicalPath: String
    private let forkGeneration: Int
    let gate: Monitor<GateState>
    let writer = Monitor(WriterQueue())
    let tables: Lock<[String: Table]>

    init(
        path: FilePath, canonicalPath: String, options: EnvironmentOptions, handle: OpaquePointer,
        identity: FileIdentity?, lockFile: LockFile? = nil, dataLock: DataFileLock? = nil, tables: [Table]
    ) {
        self.path = path
        self.canonicalPath = canonicalPath
        self.options = options
        forkGeneration = ForkGeneration.current
        var state = GateState()
        state.handle = handle
        state.identity = identity
        state.lockFile = lockFile
        state.dataLock = dataLock
        gate = Monitor(state)
        self.tables = Lock(Dictionary(tables.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    deinit {
        // Transactions keep the environment alive, so none is left here.
        closeIfIdle()
    }

    /// Returns a table that was opened with the environment or created since.
    package func table(named name: String) throws(LMDBError) -> Table {
        guard let table = tables.withLock({ $0[name] }) else {
            throw LMDBError(
                .missingTable, problem: "the table '\(name)' does not exist, or was not opened with the environment",
                remedy: "pass its name when opening the environment", operation: "table", path: path.string)
        }
        return table
    }

    /// Whether this reader blocks writers, because the disk had no space for a lock file when it was opened.
    package var keepsWritersOut: Bool { gate.withLock { $0.dataLock?.keepsWritersOut ?? false } }

    /// Changes whenever the map or the file changes, so that old pointers can be recognized as stale.
    package var mapEpoch: UInt64 { gate.withLock { $0.mapEpoch } }

    /// liblmdb's version, for statistics and bug reports.
    package static var libraryVersion: String { String(cString: mdb_version(nil, nil, nil)) }

    // MARK: Gate

    /// Counts a use of the handle. Every success must be followed by one `leave`.
    func enter(_ operation: String) throws(LMDBError) -> OpaquePointer {
        try enter(operation) { _, handle in handle }
    }

    /// Counts a use, and reads the state under the same lock.
    func enter<R>(
        _ operation: String, _ body: (inout GateState, _ handle: OpaquePointer) -> R
    ) throws(LMDBError) -> R {
        try requireSameProcess(operation)
        return try gate.withLock(
            waitingUpTo: options.drainTimeout, until: { !$0.isRemapping || $0.isClosing }
        ) { (state, isReady) throws(LMDBError) in
            guard let handle = state.handle, !state.isClosing else { throw closedError(operation) }
            guard !state.needsReopen else { throw poisonedError(operation) }
            guard isReady else { throw undrainedError(operation) }
            state.uses += 1
            return body(&state, handle)
        }
    }

    func leave() {
        gate.withLock { state in
            state.uses -= 1
            closeHandle(ifIdle: &state)
        }
    }

    func closedError(_ operation: String) -> LMDBError {
        LMDBError(
            .closed, problem: "the environment is closed",
            remedy: "open it again", operation: operation, path: path.string)
    }

    /// Creates the error without the gate, whose lock the caller holds.
    func poisonedError(_ operation: String) -> LMDBError {
        LMDBError(lmdb: MDB_PANIC, operation: operation, path: path.string)
    }

    func undrainedError(_ operation: String) -> LMDBError {
        LMDBError(
            .mapFull,
            problem: "the memory map must grow, but read transactions stayed open for more than "
                + "\(options.drainTimeout)",
            remedy: "end them and try again", operation: operation, path: path.string)
    }

    /// After a fork the child shares the parent's slots in the lock file, and must touch neither them nor the handle.
    func requireSameProcess(_ operation: String) throws(LMDBError) {
        guard isSameProcess else {
            throw LMDBError(
                .forkedProcess, problem: "the environment was opened before this process was forked",
                remedy: "open it again in the child", operation: operation, path: path.string)
        }
    }

    /// False in a forked child, which must touch neither the handle nor the parent's threads.
    package var isSameProcess: Bool { ForkGeneration.current == forkGeneration }

    func invalidKey(_ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, problem: "a key must have 1 to \(maximumKeyBytes) bytes",
            operation: operation, path: path.string)
    }
}

/// The options for opening an environment. The defaults suit a database on a local disk.
package struct EnvironmentOptions: Sendable {
    /// The durability of a returned commit after a power cut. Both options are safe if the process crashes.
    package enum Durability: Sendable, Hashable {
        case full
        /// The last commit may be undone but never damaged: one sync less per commit.
        case lastCommitMayBeLost
    }

    /// The address space to reserve, in bytes. The file only grows as it is written. If the system refuses, the size is
    /// halved, down to the size of the file plus some headroom.
    package var mapSize: Int = 1 << 40
    /// The maximum size of the map; a transaction that needs more fails with `mapFull`.
    package var mapSizeLimit: Int = 1 << 46
    /// The maximum number of read transactions that are live at once, over all processes.
    package var maximumReaders = 1024
    package var maximumTables = 16
    package var isReadOnly = false
    /// Whether to read without the lock file, for a file that this user may read but not write. Nothing then keeps
    /// pages that are being read from being reused, so the file is not opened, and no read begins, while another
    /// process has it open for writing.
    package var readsWithoutLock = false
    package var createsIfMissing = true
    package var fileMode: UInt16 = 0o600
    /// Memory maps and file locks do not work over a network. Only allow this if a single host uses the file.
    package var allowsNetworkFilesystem = false
    package var durability: Durability = .full
    /// How long growing the map, or `close`, waits for live transactions to end.
    package var drainTimeout: Duration = .seconds(10)
    /// The options for waiting while other writers, of this or another process, hold the write turn.
    package var waiting = WriterWait()

    package init() {}

    package init(
        mapSize: Int = 1 << 40, mapSizeLimit: Int = 1 << 46, maximumReaders: Int = 1024, maximumTables: Int = 16,
        isReadOnly: Bool = false, readsWithoutLock: Bool = false, createsIfMissing: Bool = true,
        fileMode: UInt16 = 0o600,
        allowsNetworkFilesystem: Bool = false, durability: Durability = .full, drainTimeout: Duration = .seconds(10)
    ) {
        self.mapSize = mapSize
        self.mapSizeLimit = mapSizeLimit
        self.maximumReaders = maximumReaders
        self.maximumTables = maximumTables
        self.isReadOnly = isReadOnly
        self.readsWithoutLock = readsWithoutLock
        self.createsIfMissing = createsIfMissing
        self.fileMode = fileMode
        self.allowsNetworkFilesystem = allowsNetworkFilesystem
        self.durability = durability
        self.drainTimeout = drainTimeout
    }

    /// The number of ended read transactions kept for reuse. Each holds a reader slot, so a small table gets none, and
    /// the default table has room for many processes.
    var maximumIdleReads: Int { min(8, maximumReaders / 64) }

    /// The unit of every map size: a multiple of any page size that LMDB or a system uses.
    static let mapGranule = 1 << 16

    static func roundedMapSize(_ bytes: Int) -> Int {
        let (sum, overflow) = max(bytes, 1).addingReportingOverflow(mapGranule - 1)
        return (overflow ? Int.max : sum) / mapGranule * mapGranule
    }

    /// The reason why these options are invalid, or nil.
    func problem() -> String? {
        if mapSize <= 0 || mapSizeLimit <= 0 { return "mapSize and mapSizeLimit must be positive" }
        if !(1...1_000_000).contains(maximumReaders) { return "maximumReaders must be between 1 and 1,000,000" }
        if !(1...1_000).contains(maximumTables) { return "maximumTables must be between 1 and 1,000" }
        if readsWithoutLock, !isReadOnly { return "readsWithoutLock requires isReadOnly" }
        if drainTimeout < .zero { return "drainTimeout must not be negative" }
        if let timeout = waiting.timeout, timeout < .zero { return "busyTimeout must not be negative" }
        return nil
    }
}

extension Environment {
    /// Returns the typed error for a status of liblmdb, with information that only the environment has: whether an
    /// input/output error was a full disk, and that a panic makes the handle unusable. Do not call it under the gate's
    /// lock.
    func failure(_ status: Int32, operation: String) -> LMDBError {
        let error = LMDBError(lmdb: status, operation: operation, path: path.string)
        if status == MDB_PANIC { gate.withLock { $0.needsReopen = true } }
        guard error.code == .io, let handle = gate.withLock({ $0.handle }) else { return error }
        let space = DiskSpace(
            descriptor: Self.descriptor(handle), folder: Filesystem.split(canonicalPath).folder)
        return error.explained(by: space.explanation)
    }
}
