import CLMDB
internal import Platform
import SystemPackage

/// Statistics of the whole environment.
package struct EnvironmentInfo: Sendable, Hashable {
    package var mapSize: Int
    package var pageSize: Int
    /// The highest page number ever used. The file may end before it if the last pages are free.
    package var lastPage: Int
    /// The size of all pages up to `lastPage` in bytes, including free pages.
    package var usedBytes: Int
    package var fileBytes: Int
    package var maximumReaders: Int
    /// The number of live read transactions over all processes. An environment may keep a few more slots for later
    /// ones.
    package var readersInUse: Int
    package var lastTransactionID: UInt64
    /// Pages that deletes and rewrites have left for later writes to reuse. Only a compacting copy returns them to the
    /// system.
    package var freePages: Int
    /// The oldest commit that some reader still sees; pages freed since then cannot be reused.
    package var oldestReaderTransactionID: UInt64?
    /// The process of that reader, and its thread as named by liblmdb.
    package var oldestReaderProcess: UInt32?
    package var oldestReaderThread: String?
}

extension Environment {
    /// The last commit of any process. Never fails: after closing, it is the last one seen. In a forked child, where
    /// another thread of the parent may have held the lock forever, it is 0.
    package var lastTransactionID: UInt64 {
        guard isSameProcess else { return 0 }
        return gate.withLock { state in
            // Under the lock the map does not move; an unusable handle may have no map.
            if let handle = state.handle, !state.needsReopen {
                var information = MDB_envinfo()
                mdb_env_info(handle, &information)
                state.lastTransactionID = UInt64(information.me_last_txnid)
            }
            return state.lastTransactionID
        }
    }

    package func info() throws(LMDBError) -> EnvironmentInfo {
        // Read this before the transaction below takes a slot itself.
        let readers = try withHandle("info") { handle in ReaderList(handle) }
        let transaction = try beginRead()
        let freePages = try transaction.reader.freePages()
        return try withHandle("info") { handle in
            let information = MapInformation(handle)
            return EnvironmentInfo(
                mapSize: information.mapSize, pageSize: information.pageSize, lastPage: information.lastPage,
                usedBytes: information.usedBytes, fileBytes: Self.fileBytes(handle),
                maximumReaders: information.maximumReaders, readersInUse: readers.inUse,
                lastTransactionID: information.lastTransactionID, freePages: freePages,
                oldestReaderTransactionID: readers.oldestTransactionID,
                oldestReaderProcess: readers.oldest?.process, oldestReaderThread: readers.oldest?.thread)
        }
    }

    func information(_ operation: String) throws(LMDBError) -> MapInformation {
        try withHandle(operation) { handle in MapInformation(handle) }
    }

    /// Frees the slots of readers whose process has died. Returns their number.
    @discardableResult
    package func clearStaleReaders() throws(LMDBError) -> Int {
        try requireSameProcess("clearStaleReaders")
        return try gate.withLock { state throws(LMDBError) in
            guard let handle = state.handle, !state.isClosing else { throw closedError("clearStaleReaders") }
            return try Self.clearStaleReaders(handle, path: path.string)
        }
    }

    static func clearStaleReaders(_ handle: OpaquePointer, path: String) throws(LMDBError) -> Int {
        var dead: Int32 = 0
        let status = mdb_reader_check(handle, &dead)
        guard status == MDB_SUCCESS else {
            throw LMDBError(lmdb: status, operation: "clearStaleReaders", path: path)
        }
        return Int(dead)
    }

    /// The process ID of this process, as recorded in the lock file.
    package static var processNumber: UInt32 { UInt32(bitPattern: getpid()) }

    /// Returns whether a process that has read from this environment still has it open: it keeps a slot for its next
    /// transaction, and liblmdb detects dead processes by their file locks. A process whose reader table is too small
    /// for idle readers (`EnvironmentOptions.maximumIdleReads`) is seen only while it reads.
    package func holdsSlot(process: UInt32) throws(LMDBError) -> Bool {
        try clearStaleReaders()
        return try withHandle("holdsSlot") { handle in ReaderList(handle).processes.contains(process) }
    }

    /// Makes every commit so far durable. Only needed after commits with `lastCommitMayBeLost`.
    package func sync() throws(LMDBError) {
        let status = try withHandle("sync") { handle in options.isReadOnly ? MDB_SUCCESS : mdb_env_sync(handle, 1) }
        guard status == MDB_SUCCESS else { throw failure(status, operation: "sync") }
    }

    func withHandle<R>(_ operation: String, _ body: (OpaquePointer) -> R) throws(LMDBError) -> R {
        let handle = try enter(operation)
        defer { leave() }
        return body(handle)
    }

    /// Uses liblmdb's own descriptor: opening and closing another would drop the process's locks on the file.
    static func fileBytes(_ handle: OpaquePointer) -> Int {
        var status = stat()
        guard fstat(descriptor(handle), &status) == 0 else { return 0 }
        return Int(status.st_size)
    }

    static func descriptor(_ handle: OpaquePointer) -> Int32 {
        var descriptor: Int32 = -1
        mdb_env_get_fd(handle, &descriptor)
        return descriptor
    }
}

extension Reader {
    fileprivate func freePages() throws(LMDBError) -> Int {
        var pages = 0
        try forEachFreePage { _ in pages += 1 }
        return pages
    }

    /// liblmdb keeps its free pages in the table with handle 0: from commit to list of pages, with the list's length
    /// first.
    func forEachFreePage(_ body: (Int) -> Void) throws(LMDBError) {
        var cursor = try cursor(Table(name: "", handle: 0))
        let size = MemoryLayout<UInt>.size
        while let entry = try cursor.next() {
            guard entry.value.count >= size else { continue }
            let claimed = entry.value.loadUnaligned(as: UInt.self)
            // The list is not longer than its value, even if a damaged length says so.
            let count = Int(min(claimed, UInt(entry.value.count / size - 1)))
            for index in 0..<count {
                body(Int(bitPattern: entry.value.loadUnaligned(fromByteOffset: size * (index + 1), as: UInt.self)))
            }
        }
    }
}
