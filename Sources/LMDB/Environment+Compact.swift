import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// liblmdb never makes a file smaller. Here the newest commit is copied without its free pages, and the copy takes the
// file's place while no transaction of this process lives and no other process has the file open. The lock file stays.
extension Environment {
    /// Takes free pages out of the file. Reads go on while the copy is made; writes wait. Then live transactions must end
    /// within `drainTimeout`, for the moment in which the files change places.
    ///
    /// Transaction ids begin anew, `mapEpoch` goes on. A crash leaves the old file or the new one, whole; what it leaves
    /// beside them the next call removes.
    ///
    /// - Parameter beforeSwap: called when the copy is complete; throwing gives it up.
    /// - Throws: `busy` when another process has the file open or a transaction of this one does not end, with nothing
    ///   changed; `needsReopen` when the file could not be opened again.
    package func compact(beforeSwap: () throws -> Void = {}) throws {
        let operation = "compact"
        try requireSameProcess(operation)
        guard !options.isReadOnly else {
            throw LMDBError(
                .readOnly, "the environment was opened read-only; open it for writing", operation: operation,
                path: path.string)
        }
        try requireOneName(operation)
        try acquireWriter(operation)
        defer { releaseWriter() }
        // Before the work as well as after it: most refusals need not wait for a copy.
        try requireAlone(operation)
        let work = try WorkFolder.make(beside: canonicalPath, operation: operation)
        defer { work.remove() }
        let copied = lastTransactionID
        let mode = try withHandle(operation) { Self.fileMode($0) }
        try writeCopy(to: work.file, mode: mode, compacting: true, operation: operation, target: path)
        try beforeSwap()
        let undrained = LMDBError(
            .busy, "read transactions have stayed open longer than \(options.drainTimeout); end them and try again",
            operation: operation, path: path.string)
        try withDrained(operation, undrained: undrained) { (state, handle) throws(LMDBError) in
            guard let lockFile = state.lockFile, lockFile.lock(.exclusive) else { throw sharedError(operation) }
            guard MapInformation(handle).lastTransactionID == copied else {
                _ = lockFile.lock(.shared)
                throw LMDBError(
                    .busy, "another process wrote meanwhile; try again", operation: operation, path: path.string)
            }
            try swap(work.file, lockFile, &state, handle, operation)
        }
    }

    /// The compacted file takes this name only: behind any other the old file would go on as a store of its own.
    private func requireOneName(_ operation: String) throws(LMDBError) {
        let names = try withHandle(operation) { handle in
            var status = stat()
            return fstat(Self.descriptor(handle), &status) == 0 ? status.st_nlink : 1
        }
        guard names <= 1 else {
            throw LMDBError(
                .invalidArgument,
                "the file has \(names) names (hard links), and the others would keep the old contents; remove them, or "
                    + "make a compacting backup",
                operation: operation, path: path.string)
        }
    }

    private func requireAlone(_ operation: String) throws(LMDBError) {
        try gate.withLock { state throws(LMDBError) in
            guard state.handle != nil, !state.isClosing else { throw closedError(operation) }
            guard let lockFile = state.lockFile, lockFile.lock(.exclusive) else { throw sharedError(operation) }
            // Others may come in while the copy is made.
            _ = lockFile.lock(.shared)
        }
    }

    private func sharedError(_ operation: String) -> LMDBError {
        LMDBError(
            .busy, "another process has the file open; close it there, or make a compacting backup",
            operation: operation,
            path: path.string)
    }

    /// Under the gate's lock, with no transaction alive and the exclusive lock held.
    private func swap(
        _ temporaryPath: String, _ lockFile: LockFile, _ state: inout GateState, _ handle: OpaquePointer,
        _ operation: String
    ) throws(LMDBError) {
        let known = tables.withLock { $0.values.sorted { $0.handle < $1.handle } }
        for transaction in state.idleReads { mdb_txn_abort(transaction) }
        state.idleReads = []
        state.lastTransactionID = MapInformation(handle).lastTransactionID
        mdb_env_close(handle)
        state.handle = nil
        var failure: LMDBError?
        // Closing has dropped the lock. Whoever has come in since has the old file, which then must stay.
        if lockFile.lock(.exclusive) {
            do { try replaceFile(by: temporaryPath, &state, operation) } catch { failure = error }
        } else {
            failure = sharedError(operation)
        }
        do {
            state.handle = try reopen(known)
            state.mapEpoch += 1
        } catch {
            state.isClosing = true
            state.forget()
            throw LMDBError(
                .needsReopen,
                "the file could not be opened again (\(error.message)); close the environment and open it",
                operation: operation, path: path.string, underlying: error.underlying)
        }
        if let failure { throw failure }
    }

    private func replaceFile(
        by temporaryPath: String, _ state: inout GateState, _ operation: String
    ) throws(LMDBError) {
        var status = stat()
        guard stat(temporaryPath, &status) == 0 else { throw Filesystem.error(errno, operation, path.string) }
        let identity = FileIdentity(status)
        // Reserved first: from the rename on this is the file that another handle would find.
        guard Registry.shared.reserve(identity) else { throw closedError(operation) }
        let dataLock: DataFileLock
        do throws(LMDBError) {
            dataLock = try DataFileLock(temporaryPath, lockFile: state.lockFile?.identity, operation: operation)
        } catch {
            Registry.shared.release(identity)
            throw error
        }
        dataLock.take(forWriting: true)
        guard rename(temporaryPath, canonicalPath) == 0 else {
            let reason = errno
            dataLock.close()
            Registry.shared.release(identity)
            throw Filesystem.error(reason, operation, path.string)
        }
        state.dataLock?.close()
        state.dataLock = dataLock
        if let old = state.identity { Registry.shared.release(old) }
        state.identity = identity
        state.isNameDurable = false
        try syncName(&state, operation)
    }

    /// Before each write: what is committed into a file that may lose its name may be lost. Does nothing unless a
    /// compaction could not sync the folder.
    func requireDurableName(_ operation: String) throws(LMDBError) {
        try gate.withLock { state throws(LMDBError) in try syncName(&state, operation) }
    }

    private func syncName(_ state: inout GateState, _ operation: String) throws(LMDBError) {
        guard !state.isNameDurable else { return }
        try Filesystem.syncFolder(Filesystem.split(canonicalPath).folder, operation: operation)
        state.isNameDurable = true
    }

    /// Opens what stands in the file's place, with the tables under the handles they had.
    private func reopen(_ known: [Table]) throws(LMDBError) -> OpaquePointer {
        for _ in 0..<8 {
            let preflight = try Preflight.run(canonicalPath)
            let handle = try Self.openHandle(canonicalPath, options: options, preflight: preflight)
            do throws(LMDBError) {
                // Nil: another process came in and has made the file larger than this map.
                if let opened = try Self.openTables(known.map(\.name), handle, path.string) {
                    guard opened == known else {
                        throw LMDBError(
                            .other, "tables have other handles than before", operation: "compact", path: path.string)
                    }
                    return handle
                }
                mdb_env_close(handle)
            } catch {
                mdb_env_close(handle)
                throw error
            }
        }
        throw LMDBError(.other, "the file grows again and again", operation: "compact", path: path.string)
    }

    private static func fileMode(_ handle: OpaquePointer) -> UInt16 {
        var status = stat()
        return fstat(descriptor(handle), &status) == 0 ? UInt16(truncatingIfNeeded: status.st_mode & 0o777) : 0o600
    }
}
