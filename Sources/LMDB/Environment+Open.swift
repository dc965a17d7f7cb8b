import CLMDB
import Platform
package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Opens the file, making it first if it is missing and the options allow that.
    ///
    /// `create` fills a new database. It runs on a temporary file that takes the target's name only when it is complete
    /// and durable, so no one ever sees half of it; it may run again, as any write may. The named tables must exist in
    /// a file that was there before, which is never written to: it may belong to another program.
    package static func open(
        at path: FilePath, options: EnvironmentOptions, tables: [String],
        create: (borrowing WriteTransaction, [Table]) throws -> Void
    ) throws -> Environment {
        if let problem = options.problem() ?? problem(withTables: tables, options) {
            throw LMDBError(.invalidArgument, problem, operation: "open", path: path.string)
        }
        // Before anything is looked at: a folder that is read on a low descriptor leaves it closed afterward.
        StandardDescriptors.occupy()
        // Each round ends in an answer unless someone else made, replaced or removed the file meanwhile.
        for _ in 0..<8 {
            switch try Filesystem.resolve(path, operation: "open") {
            case .file(let canonicalPath, let identity):
                if let environment = try openFile(path, canonicalPath, identity, options: options, tables: tables) {
                    return environment
                }
            case .missing(let canonicalPath):
                guard options.createIfMissing, !options.isReadOnly else {
                    throw LMDBError(
                        .missingFile, "there is no database; create one or correct the path", operation: "open",
                        path: path.string, underlying: ENOENT)
                }
                try createFile(path, canonicalPath, options: options, tables: tables, create: create)
            }
        }
        throw LMDBError(
            .other, "the file was replaced again and again while it was being opened", operation: "open",
            path: path.string)
    }

    private static func problem(withTables tables: [String], _ options: EnvironmentOptions) -> String? {
        if tables.count > options.maximumTables { return "more tables are named than maximumTables allows" }
        return tables.lazy.compactMap { problem(withTableName: $0) }.first
    }

    static func problem(withTableName name: String) -> String? {
        guard (1...maximumKeyBytes).contains(name.utf8.count), !name.utf8.contains(0) else {
            return "a table's name must have 1 to \(maximumKeyBytes) bytes, none of them zero"
        }
        return nil
    }

    /// Nil if the file changed its identity on the way; then the path must be looked at afresh.
    private static func openFile(
        _ path: FilePath, _ canonicalPath: String, _ identity: FileIdentity, options: EnvironmentOptions,
        tables names: [String]
    ) throws(LMDBError) -> Environment? {
        if !options.allowNetworkFilesystem { try Filesystem.requireLocal(canonicalPath, operation: "open") }
        guard Registry.shared.reserve(identity) else {
            throw LMDBError(
                .alreadyOpen, "this process has the file open, or has not ended its last transactions; share that one",
                operation: "open", path: path.string)
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
                dataLock.close()
                lockFile?.close()
            }
        }

        // Asked with the lock taken: whoever replaces the file looks for the locks of writers once this one can be seen.
        if dataLock.isBeingSwapped {
            _ = waitForReplacement(of: identity, at: canonicalPath)
            return nil
        }

        let handle = try openHandle(
            canonicalPath, options: options, preflight: preflight, isLocking: lockFile != nil)
        var isKept = false
        defer { if !isKept { mdb_env_close(handle) } }
        var status = stat()
        // A file that is copied up by a layered file system when first written also gets here, once.
        guard fstat(descriptor(handle), &status) == 0, FileIdentity(status) == identity else { return nil }
        // A compaction may have put another file here while liblmdb waited for its lock.
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

    /// Opens the lock file and takes the lock on the data file that stands for it.
    private static func openLocks(
        _ path: FilePath, _ canonicalPath: String, _ options: EnvironmentOptions
    ) throws(LMDBError) -> (LockFile?, DataFileLock) {
        let lockPath = lockPath(canonicalPath)
        if options.readsWithoutLock { return (nil, try lockless(path, canonicalPath)) }
        if access(lockPath, F_OK) != 0, errno == ENOENT {
            // Looked at first without a lock file, so that a refused open leaves none behind.
            let dataLock = try DataFileLock(canonicalPath, lockFile: nil, operation: "open")
            defer { dataLock.close() }
            guard !dataLock.isContested else { throw contestedError("open", path) }
        }
        let opened: LockFile?
        do throws(LMDBError) {
            opened = try LockFile.open(lockPath, options, operation: "open")
        } catch  where error.code == .diskFull && options.isReadOnly {
            // A full disk must not stop reading.
            return (nil, try lockless(path, canonicalPath, lacking: error))
        }
        guard let lockFile = opened else { return (nil, try lockless(path, canonicalPath)) }
        var isTaken = false
        defer { if !isTaken { lockFile.close() } }
        let dataLock = try DataFileLock(canonicalPath, lockFile: lockFile.identity, operation: "open")
        defer { if !isTaken { dataLock.close() } }
        // Asked before it is taken, so that a refused open disturbs nobody, and after, so that of two at once none is let
        // in unseen.
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
                "another process reads the file without a lock file, for which its disk had no room, so that nobody may "
                    + "write; end it, or try again when it has ended",
                operation: "open", path: path.string)
        }
    }

    /// What a reader without a lock file has of the data file: it can see writers.
    ///
    /// - Parameter lackOfRoom: why there is no lock file, if the caller did not ask for that. Such a reader keeps writers
    ///   out as well, or is refused with this error.
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
            "another process has the file open for writing, and a reader without a lock file cannot keep it from the pages "
                + "that are read; close it there, or read a backup",
            operation: operation, path: path.string)
    }

    static func contestedError(_ operation: String, _ path: FilePath) -> LMDBError {
        LMDBError(
            .busy,
            "another process has the file open with another lock file: by another name (a hard link, a bind mount of the "
                + "file alone), or its lock file was deleted; close it there, and share the folder instead of the file",
            operation: operation, path: path.string)
    }

    static func lockPath(_ canonicalPath: String) -> String { canonicalPath + "-lock" }

    /// A handle with its map, which is smaller than asked where the process may not have so much address space.
    ///
    /// - Parameter isLocking: false without a lock file: for a reader that has none, and for a file that nobody else knows.
    static func openHandle(
        _ canonicalPath: String, options: EnvironmentOptions, preflight: Preflight?, isLocking: Bool = true
    ) throws(LMDBError) -> OpaquePointer {
        // A file may end before its last pages, if these are free.
        let fileBytes = preflight.map { max($0.fileBytes, $0.usedBytes) } ?? 0
        let least = EnvironmentOptions.roundedMapSize(fileBytes + max(fileBytes / 8, 1 << 24))
        let wanted = EnvironmentOptions.roundedMapSize(max(options.mapSize, fileBytes))
        guard var size = AddressSpace.mapSize(wanted: wanted, least: least, available: AddressSpace.available) else {
            throw LMDBError(
                .outOfMemory,
                "the map needs \(least) bytes of address space and all else \(AddressSpace.room), and the process may have less: "
                    + "by its limit, or because of the other stores that it has open; raise the limit (ulimit -v), or open "
                    + "the stores with a smaller Configuration.mapSize (here \(options.mapSize) bytes)",
                operation: "open", path: canonicalPath, underlying: ENOMEM)
        }
        while true {
            do {
                return try openHandle(canonicalPath, options: options, mapSize: size, isLocking: isLocking)
            } catch {
                // EINVAL is what valgrind says of a map that is too large.
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
            // liblmdb wants the handle closed even though it never opened.
            mdb_env_close(handle)
            throw LMDBError(lmdb: status, operation: "open", path: canonicalPath)
        }
        return handle
    }

    /// All handles in one transaction, since liblmdb lets only one transaction at a time open tables. Nil if another
    /// process grew the file in between.
    static func openTables(
        _ names: [String], _ environment: OpaquePointer, _ path: String
    ) throws(LMDBError) -> [Table]? {
        var begun: OpaquePointer?
        let before = MapInformation(environment).lastTransactionID
        var status = mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &begun)
        if status == MDB_MAP_RESIZED { return nil }
        // liblmdb locks the byte of the lock file at this process's number, which is unique unless numbers are counted
        // apart.
        guard status != EAGAIN, status != EACCES else {
            throw LMDBError(
                .busy,
                "a process with the same number (\(getpid())) has the file open in another container, and readers are told "
                    + "apart by it; run both with one PID namespace (docker run --pid=container:NAME or --pid=host; "
                    + "shareProcessNamespace: true in Kubernetes)",
                operation: "open", path: path, underlying: status)
        }
        guard status == MDB_SUCCESS, let transaction = begun else {
            throw LMDBError(lmdb: status, operation: "open", path: path)
        }
        // The lock file, from where the transaction has its number, lags one commit behind at most. Anything else means
        // that it belongs to another file of this name, which some process still has open: writing would destroy both.
        let seen = UInt64(mdb_txn_id(transaction))
        guard seen &+ 1 >= before, seen <= MapInformation(environment).lastTransactionID else {
            mdb_txn_abort(transaction)
            throw LMDBError(
                .alreadyOpen, "another process still uses an earlier file of this name, now replaced; end it first",
                operation: "open", path: path)
        }
        var tables: [Table] = []
        for name in names {
            var handle: MDB_dbi = 0
            status = openTable(named: name, in: transaction, create: false, &handle)
            guard status == MDB_SUCCESS else {
                mdb_txn_abort(transaction)
                guard status == MDB_NOTFOUND else { throw LMDBError(lmdb: status, operation: "open", path: path) }
                throw LMDBError(
                    .missingTable, "the file has no table '\(name)': it belongs to another program or version",
                    operation: "open", path: path, underlying: status)
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
        // We set no flags: duplicates or another order of keys mean that someone else made the table.
        return flags == 0 ? MDB_SUCCESS : MDB_INCOMPATIBLE
    }
}

/// liblmdb aborts the process right after this; the least we can do is say which file it was.
private func reportAssertion(_ handle: OpaquePointer?, _ message: UnsafePointer<CChar>?) {
    var path: UnsafePointer<CChar>?
    if let handle { mdb_env_get_path(handle, &path) }
    let text = assertionText(
        path: path.map { String(cString: $0) }, message: message.map { String(cString: $0) })
    var bytes = text
    bytes.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func assertionText(path: String?, message: String?) -> String {
    "The storage library found \(path ?? "a database") damaged and ends the process (\(message ?? "no reason given")). "
        + "Verify the file in a process of its own, or restore a backup.\n"
}
