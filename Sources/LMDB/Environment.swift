import CLMDB
package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One database file that is open in this process. It can be shared between threads and tasks.
///
/// Every use of liblmdb's handle goes through `gate`, which counts the live uses. The map is moved and the handle is
/// closed only when there are none, and no use begins meanwhile.
package final class Environment: Sendable {
    package let path: FilePath
    let options: EnvironmentOptions
    /// The path given to liblmdb: absolute and free of symbolic links, so that all processes share one lock file.
    let canonicalPath: String
    let forkGeneration: Int
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
                .missingTable,
                "the table '\(name)' does not exist, or was not opened with the environment; "
                    + "pass its name when opening",
                operation: "table", path: path.string)
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
        LMDBError(.closed, "the environment is closed; open it again", operation: operation, path: path.string)
    }

    /// Creates the error without the gate, whose lock the caller holds.
    func poisonedError(_ operation: String) -> LMDBError {
        LMDBError(lmdb: MDB_PANIC, operation: operation, path: path.string)
    }

    func undrainedError(_ operation: String) -> LMDBError {
        LMDBError(
            .mapFull,
            "the memory map must grow, but read transactions stayed open for more than \(options.drainTimeout); "
                + "end them",
            operation: operation, path: path.string)
    }

    /// After a fork the child shares the parent's slots in the lock file, and must touch neither them nor the handle.
    func requireSameProcess(_ operation: String) throws(LMDBError) {
        guard isSameProcess else {
            throw LMDBError(
                .forkedProcess,
                "the environment was opened before this process was forked; open it again in the child",
                operation: operation, path: path.string)
        }
    }

    /// False in a forked child, which must touch neither the handle nor the parent's threads.
    package var isSameProcess: Bool { ForkGeneration.current == forkGeneration }

    func invalidKey(_ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, "a key must have 1 to \(maximumKeyBytes) bytes", operation: operation, path: path.string)
    }
}
