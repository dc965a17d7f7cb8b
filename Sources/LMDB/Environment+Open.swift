import CLMDB
import Platform
package import SystemPackage

extension Environment {
    /// Opens the file. Creates it first if it is missing and the options allow that.
    ///
    /// `create` fills a new database. It runs on a temporary file that gets the target's name only when it is complete
    /// and durable, so no process ever sees a partial file. It may run again, like any write. In a file that already
    /// exists, the named tables must exist; the file is never written to, because it may belong to another program.
    package static func open(
        at path: FilePath, options: EnvironmentOptions, tables: [String],
        create: (borrowing LMDBWriteTransaction, [Table]) throws -> Void
    ) throws -> Environment {
        if let problem = options.problem() ?? problem(withTables: tables, options) {
            throw LMDBError(.invalidArgument, problem: problem, operation: "open", path: path.string)
        }
        // Do this before anything else: a folder that is read on a low descriptor leaves the descriptor closed
        // afterward.
        StandardDescriptors.occupy()
        // Each round ends with a result unless another process created, replaced or removed the file meanwhile.
        for _ in 0..<8 {
            switch try Filesystem.resolve(path, operation: "open") {
            case .file(let canonicalPath, let identity):
                if let environment = try openFile(path, canonicalPath, identity, options: options, tables: tables) {
                    return environment
                }
            case .missing(let canonicalPath):
                guard options.createsIfMissing, !options.isReadOnly else {
                    throw LMDBError(
                        .missingFile, problem: "the database does not exist",
                        remedy: "create it, or correct the path",
                        operation: "open", path: path.string, underlying: ENOENT)
                }
                try createFile(path, canonicalPath, options: options, tables: tables, create: create)
            }
        }
        throw LMDBError(
            .other, problem: "the file was replaced repeatedly while it was being opened",
            remedy: "try again", operation: "open", path: path.string)
    }

    private static func problem(withTables tables: [String], _ options: EnvironmentOptions) -> String? {
        if tables.count > options.maximumTables { return "there are more tables than maximumTables allows" }
        return tables.lazy.compactMap { problem(withTableName: $0) }.first
    }

    static func problem(withTableName name: String) -> String? {
        guard (1...maximumKeyBytes).contains(name.utf8.count), !name.utf8.contains(0) else {
            return "a table's name must have 1 to \(maximumKeyBytes) bytes, none of them zero"
        }
        return nil
    }

    /// Nil if the file changed its identity meanwhile; then the path must be checked again.
    private static func openFile(
        _ path: FilePath, _ canonicalPath: String, _ identity: FileIdentity, options: EnvironmentOptions,
        tables names: [String]
    ) throws(LMDBError) -> Environment? {
        if !options.allowsNetworkFilesystem { try Filesystem.requireLocal(canonicalPath, operation: "open") }
        guard Registry.shared.reserve(identity) else {
            throw LMDBError(
                .alreadyOpen,
                problem: "this process has the file open, or has transactions on it that have not "
                    + "ended",
                remedy: "share the open environment", operation: "open", path: path.string)
        }
        var isOpen = false
        defer { if !isOpen { Registry.shared.release(identity) } }
        let preflight = try Preflight.run(canonicalPath)
        guard preflight.identity == identity else { return nil }
        let lockFile: LockFile?
        let dataLock: DataFileLock
        do throws(LMDBError) {
            (lockFile, dataLock) = try openLocks(path, canonicalPath, options)
        } catch {
            // In the middle of a replacement the lock file is missing, or that of the file to come.
            guard waitForReplacement(of: identity, at: canonicalPath) else { throw error }
            return nil
        }
        defer {
            if !isOpen {
                Registry.shared.willClose(identity)
                dataLock.close()
                lockFile?.close()
            }
        }

        // Check this while the lock is held: a process that replaces the file looks for the locks of writers afterward.
        if dataLock.isBeingSwapped {
            _ = waitForReplacement(of: identity, at: canonicalPath)
            return nil
        }

        let handle = try openHandle(
            canonicalPath, options: options, preflight: preflight, isLocking: lockFile != nil)
        var isKept = false
        defer { if !isKept { mdb_env_close(handle) } }
        var status = stat()
        // This also happens once if a layered file system copies the file when it is first written.
        guard fstat(descriptor(handle), &status) == 0, FileIdentity(status) == identity else { return nil }
        // A compaction may have replaced the file while liblmdb waited for its lock.
        guard stat(canonicalPath, &status) == 0, FileIdentity(status) == identity, dataLock.identity == identity,
            lockFile.map({ $0.isInPlace(at: lockPath(canonicalPath)) == true }) ?? true
        else { return nil }
        _ = try clearStaleReaders(handle, path: path.string)
        guard let tables = try openTables(names, handle, path.string) else { return nil }
        isKept = true
        isOpen = true
        return Environment(
            path: path, canonicalPath: canonicalPath, options: options, handle: handle, identity: identity,
            lockFile: lockFile, dataLock: dataLock, tables: tables)
    }

    /// Opens the lock file, and takes the lock on the data file that identifies the lock file.
    private static func openLocks(
        _ path: FilePath, _ canonicalPath: String, _ options: EnvironmentOptions
    ) throws(LMDBError) -> (LockFile?, DataFileLock) {
        let lockPath = lockPath(canonicalPath)
        if options.readsWithoutLock { return (nil, try lockless(path, canonicalPath)) }
        if access(lockPath, F_OK) != 0, errno == ENOENT {
            // Checked first without a lock file, so that a refused open leaves none behind.
            let dataLock = try DataFileLock(canonicalPath, lockFile: nil, operation: "open")
            defer { dataLock.close() }
            guard !dataLock.isContested else { throw contestedError("open", path) }
            // Nobody has opened the file yet. If its maker died after it had taken its place, what is left goes now.
            let (folder, name) = Filesystem.split(canonicalPath)
            WorkFolder.removeAbandoned(in: folder, for: name)
        }
        let opened: LockFile?
        do throws(LMDBError) {
            opened = try LockFile.open(lockPath, options, operation: "open")
        } catch  where error.code == .diskFull && options.isReadOnly {
            // A full disk must not prevent reading.
            return (nil, try lockless(path, canonicalPath, lacking: error))
        }
        guard let lockFile = opened else { return (nil, try lockless(path, canonicalPath)) }
        var isTaken = false
        defer { if !isTaken { lockFile.close() } }
        let dataLock = try DataFileLock(canonicalPath, lockFile: lockFile.identity, operation: "open")
        defer { if !isTaken { dataLock.close() } }
        // Checked before taking the lock, so that a refused open disturbs no other process, and after taking it, so
        // that of two processes at once at least one sees the other.
        try requireUncontested(dataLock, path, options)
        dataLock.take(forWriting: !options.isReadOnly)
        try requireUncontested(dataLock, path, options)
        isTaken = true
        return (lockFile, dataLock)
    }

    private static func requireUncontested(
        _ dataLock: DataFileLock, _ path: FilePath, _ options: EnvironmentOptions
    ) throws(LMDBError) {
        guard !dataLock.isContested else { throw contestedError("open", path) }
        guard options.isReadOnly || !dataLock.isKeptFromWriters else {
            throw LMDBError(
                .busy,
                problem: "another process is reading the file without a lock file (the disk was full), so no process "
                    + "may write to it",
                remedy: "stop that process, or try again after it has exited", operation: "open", path: path.string)
        }
    }

    /// The lock on the data file of a reader without a lock file, which can detect writers.
    ///
    /// - Parameter lackOfRoom: Why there is no lock file, if the caller did not ask for that. Such a reader also blocks
    ///   writers, or is refused with this error.
    private static func lockless(
        _ path: FilePath, _ canonicalPath: String, lacking lackOfRoom: LMDBError? = nil
    ) throws(LMDBError) -> DataFileLock {
        var dataLock = try DataFileLock(canonicalPath, lockFile: nil, operation: "open")
        if let lackOfRoom, !dataLock.keepWritersOut() {
            dataLock.close()
            throw lackOfRoom
        }
        guard !dataLock.hasWriter else {
            dataLock.close()
            throw writtenError("open", path)
        }
        return dataLock
    }

    static func writtenError(_ operation: String, _ path: FilePath) -> LMDBError {
        LMDBError(
            .busy,
            problem: "another process has the file open for writing, and could reuse pages that a reader "
                + "without a lock file needs",
            remedy: "close it in that process, or read a backup", operation: operation, path: path.string)
    }

    static func contestedError(_ operation: String, _ path: FilePath) -> LMDBError {
        LMDBError(
            .busy,
            problem: "another process has the file open with a different lock file, because it uses another "
                + "name (a hard link, or a bind mount of only the file) or its lock file was deleted",
            remedy: "close it there, and share the folder instead of the file",
            operation: operation, path: path.string)
    }

    static func lockPath(_ canonicalPath: String) -> String { canonicalPath + "-lock" }

    /// Creates a handle with its map, which is smaller than requested if the address space of the process is limited.
    ///
    /// - Parameter isLocking: False without a lock file: for a reader that has none, and for a file that no other
    ///   process knows.
    static func openHandle(
        _ canonicalPath: String, options: EnvironmentOptions, preflight: Preflight?, isLocking: Bool = true
    ) throws(LMDBError) -> OpaquePointer {
        // A file may end before its last pages if these are free.
        let fileBytes = preflight.map { max($0.fileBytes, $0.usedBytes) } ?? 0
        let least = EnvironmentOptions.roundedMapSize(fileBytes + max(fileBytes / 8, 1 << 24))
        let wanted = EnvironmentOptions.roundedMapSize(max(options.mapSize, fileBytes))
        guard var size = AddressSpace.mapSize(wanted: wanted, least: least, available: AddressSpace.available) else {
            throw LMDBError(
                .outOfMemory,
                problem: "the memory map needs \(least) bytes of address space and the rest of the "
                    + "process \(AddressSpace.room), which is more than its limit or its other open stores leave",
                remedy: "raise the limit (ulimit -v), or open the stores with a smaller Configuration.mapSize (now "
                    + "\(options.mapSize) bytes)",
                operation: "open", path: canonicalPath, underlying: ENOMEM)
        }
        while true {
            do {
                return try openHandle(canonicalPath, options: options, mapSize: size, isLocking: isLocking)
            } catch {
                // valgrind returns EINVAL for a map that is too large.
                guard [ENOMEM, EINVAL].contains(error.underlying), size > least else { throw error }
                size = max(least, EnvironmentOptions.roundedMapSize(size / 2))
            }
        }
    }

    private static func openHandle(
        _ canonicalPath: String, options: EnvironmentOptions, mapSize: Int, isLocking: Bool
    ) throws(LMDBError) -> OpaquePointer {
        var created: OpaquePointer?
        var status = mdb_env_create(&created)
        guard status == MDB_SUCCESS, let handle = created else {
            throw LMDBError(lmdb: status, operation: "open", path: canonicalPath)
        }
        mdb_env_set_assert(handle, reportAssertion)
        status = mdb_env_set_maxreaders(handle, UInt32(options.maximumReaders))
        if status == MDB_SUCCESS { status = mdb_env_set_maxdbs(handle, MDB_dbi(options.maximumTables)) }
        if status == MDB_SUCCESS { status = mdb_env_set_mapsize(handle, mapSize) }
        if status == MDB_SUCCESS {
            var flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD
            if options.isReadOnly { flags |= MDB_RDONLY }
            if !isLocking { flags |= MDB_NOLOCK }
            if options.durability == .lastCommitMayBeLost { flags |= MDB_NOMETASYNC }
            // liblmdb opens the data file twice, and the lock file, on the lowest free descriptors.
            StandardDescriptors.occupy()
            status = mdb_env_open(handle, canonicalPath, UInt32(flags), mdb_mode_t(options.fileMode))
        }
        guard status == MDB_SUCCESS else {
            // liblmdb requires closing the handle even though opening failed.
            mdb_env_close(handle)
            throw LMDBError(lmdb: status, operation: "open", path: canonicalPath)
        }
        return handle
    }

    /// Opens all handles in one transaction, because liblmdb allows only one transaction at a time to open tables. Nil
    /// if another process grew the file meanwhile.
    static func openTables(
        _ names: [String], _ environment: OpaquePointer, _ path: String
    ) throws(LMDBError) -> [Table]? {
        var begun: OpaquePointer?
        let before = MapInformation(environment).lastTransactionID
        var status = mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &begun)
        if status == MDB_MAP_RESIZED { return nil }
        // liblmdb locks the byte of the lock file at this process's ID, which is unique unless there are several PID
        // namespaces.
        // apart.
        guard status != EAGAIN, status != EACCES else {
            throw LMDBError(
                .busy,
                problem: "a process in another container has the file open and has the same process ID "
                    + "(\(getpid())), which must be unique",
                remedy: "run both in one PID namespace (docker run --pid=container:NAME or --pid=host, "
                    + "shareProcessNamespace: true in Kubernetes)",
                operation: "open", path: path, underlying: status)
        }
        guard status == MDB_SUCCESS, let transaction = begun else {
            throw LMDBError(lmdb: status, operation: "open", path: path)
        }
        // The lock file, which gives the transaction its number, is at most one commit behind. Any other difference
        // means that it belongs to another file of this name that some process still has open: writing would destroy
        // both.
        let seen = UInt64(mdb_txn_id(transaction))
        guard seen &+ 1 >= before, seen <= MapInformation(environment).lastTransactionID else {
            mdb_txn_abort(transaction)
            throw LMDBError(
                .alreadyOpen, problem: "another process still uses an earlier file of this name, which was replaced",
                remedy: "end that process first", operation: "open", path: path)
        }
        var tables: [Table] = []
        for name in names {
            var handle: MDB_dbi = 0
            status = openTable(named: name, in: transaction, create: false, &handle)
            guard status == MDB_SUCCESS else {
                mdb_txn_abort(transaction)
                guard status == MDB_NOTFOUND else { throw LMDBError(lmdb: status, operation: "open", path: path) }
                throw LMDBError(
                    .missingTable,
                    problem: "the file has no table '\(name)', so it belongs to another program or "
                        + "version",
                    remedy: "check the path", operation: "open", path: path, underlying: status)
            }
            tables.append(Table(name: name, handle: handle))
        }
        // Only a commit keeps the handles, even of a read transaction.
        status = mdb_txn_commit(transaction)
        guard status == MDB_SUCCESS else { throw LMDBError(lmdb: status, operation: "open", path: path) }
        return tables
    }

    static func openTable(
        named name: String, in transaction: OpaquePointer, create: Bool, _ handle: inout MDB_dbi
    ) -> Int32 {
        guard problem(withTableName: name) == nil else { return EINVAL }
        let status = mdb_dbi_open(transaction, name, create ? UInt32(MDB_CREATE) : 0, &handle)
        guard status == MDB_SUCCESS else { return status }
        var flags: UInt32 = 0
        let asked = mdb_dbi_flags(transaction, handle, &flags)
        guard asked == MDB_SUCCESS else { return asked }
        // This library sets no flags: duplicates or a different key order mean that another program made the table.
        return flags == 0 ? MDB_SUCCESS : MDB_INCOMPATIBLE
    }
}

/// liblmdb aborts the process right after this, so at least report which file it was.
private func reportAssertion(_ handle: OpaquePointer?, _ message: UnsafePointer<CChar>?) {
    var path: UnsafePointer<CChar>?
    if let handle { mdb_env_get_path(handle, &path) }
    let text = assertionText(
        path: path.map { String(cString: $0) }, message: message.map { String(cString: $0) })
    var bytes = text
    bytes.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func assertionText(path: String?, message: String?) -> String {
    "The storage library found damage in \(path ?? "a database") and ends the process "
        + "(\(message ?? "no reason given")). Verify the file in a separate process, or restore a backup.\n"
}

extension Environment {
    /// Refuses new transactions immediately, and waits at most `drainTimeout` for live transactions to end. If some
    /// live longer, the last of them closes the file.
    package func close() {
        // A forked child must not touch the parent's file.
        guard isSameProcess else { return }
        let mustWait = gate.withLock { state in
            state.isClosing = true
            closeHandle(ifIdle: &state)
            return state.handle != nil
        }
        guard mustWait else { return }
        // Inside its own write, this thread would wait for itself.
        guard !isWriterThread else { return }
        gate.withLock(waitingUpTo: options.drainTimeout, until: { $0.handle == nil }) { _, _ in }
    }

    package var isClosed: Bool { gate.withLock { $0.handle == nil } }

    func closeIfIdle() {
        guard isSameProcess else { return }
        gate.withLock { state in
            state.isClosing = true
            closeHandle(ifIdle: &state)
        }
    }

    /// Runs under the gate's lock, so that the file can be opened again before anyone sees it closed.
    func closeHandle(ifIdle state: inout GateState) {
        guard state.isClosing, state.uses == 0, let handle = state.handle, isSameProcess else { return }
        if !state.needsReopen {
            state.lastTransactionID = MapInformation(handle).lastTransactionID
        }
        for transaction in state.idleReads { mdb_txn_abort(transaction) }
        state.idleReads = []
        mdb_env_close(handle)
        state.handle = nil
        state.forget()
    }
}
