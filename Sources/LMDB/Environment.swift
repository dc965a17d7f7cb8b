import CLMDB
package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One database file, open in this process. Safe to share between threads and tasks.
///
/// Every use of liblmdb's handle goes through `gate`: it counts the live uses, so that the map is moved and the handle
/// closed only when nobody looks through them, and nobody begins while that happens.
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

    /// A table that was opened with the environment or made since.
    package func table(named name: String) throws(LMDBError) -> Table {
        guard let table = tables.withLock({ $0[name] }) else {
            throw LMDBError(
                .missingTable, "there is no table named '\(name)', or it was not opened with the environment",
                operation: "table", path: path.string)
        }
        return table
    }

    /// Whether this reader keeps writers out, because the disk had no room for a lock file when it was opened.
    package var keepsWritersOut: Bool { gate.withLock { $0.dataLock?.keepsWritersOut ?? false } }

    /// Changes whenever the map or the file is another one, so that pointers kept from before are recognisable as stale.
    package var mapEpoch: UInt64 { gate.withLock { $0.mapEpoch } }

    /// liblmdb's version, for statistics and bug reports.
    package static var libraryVersion: String { String(cString: mdb_version(nil, nil, nil)) }

    // MARK: Gate

    /// Counts a use of the handle; every success must be followed by one `leave`.
    func enter(_ operation: String) throws(LMDBError) -> OpaquePointer {
        try enter(operation) { _, handle in handle }
    }

    /// The same, with a look at the state under the lock that was taken anyway.
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

    /// Made without asking the gate, whose lock the caller holds.
    func poisonedError(_ operation: String) -> LMDBError {
        LMDBError(lmdb: MDB_PANIC, operation: operation, path: path.string)
    }

    func undrainedError(_ operation: String) -> LMDBError {
        LMDBError(
            .mapFull,
            "the map must grow, but read transactions have stayed open longer than \(options.drainTimeout); end them",
            operation: operation, path: path.string)
    }

    /// After a fork the child shares the parent's slots in the lock file, and may touch neither them nor the handle.
    func requireSameProcess(_ operation: String) throws(LMDBError) {
        guard isSameProcess else {
            throw LMDBError(
                .forkedProcess,
                "the environment was opened before this process was forked; open it anew in the child",
                operation: operation, path: path.string)
        }
    }

    /// False in a forked child, which may touch neither the handle nor the parent's threads.
    package var isSameProcess: Bool { ForkGeneration.current == forkGeneration }

    func invalidKey(_ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, "a key must have 1 to \(maximumKeyBytes) bytes", operation: operation, path: path.string)
    }
}
