import CLMDB
import Platform
package import SystemPackage

extension Environment {
    /// Writes a consistent copy to a path where no file exists. The copy appears there only when it is complete and
    /// durable. A compacting copy leaves out free pages. Like any long reader, it keeps pages from being reused.
    package func copy(to target: FilePath, compacting: Bool) throws {
        let operation = "copy"
        try requireSameProcess(operation)
        // A plain copy takes the write lock for a moment, so this thread would wait for itself.
        guard !isWriterThread else {
            throw LMDBError(
                .invalidArgument, problem: "a copy cannot be made during a write transaction",
                remedy: "commit first", operation: operation, path: path.string)
        }
        let (folder, name) = Filesystem.split(try Self.requireNothing(at: target, operation: operation))
        // If the file system supports it, the file has no name until it is complete, so a killed process leaves
        // nothing.
        guard let file = try? UnnamedFile(in: folder, mode: options.fileMode) else {
            try Self.place(at: target, operation: operation) { temporaryPath in
                try writeCopy(
                    to: temporaryPath, mode: options.fileMode, compacting: compacting, operation: operation,
                    target: target)
            }
            return
        }
        defer { file.close() }
        WorkFolder.removeAbandoned(in: folder, for: name)
        try writeCopy(
            into: file.descriptor, folder: folder, compacting: compacting, operation: operation, target: target)
        guard file.name(folder == "/" ? "/\(name)" : "\(folder)/\(name)") else {
            throw errno == EEXIST
                ? Self.targetExists(target, operation) : Filesystem.error(errno, operation, target.string)
        }
        try Filesystem.syncFolder(folder, operation: operation)
    }

    /// Writes a copy to a new file, which is durable when this returns.
    ///
    /// - Parameter target: The path that errors name.
    private func writeCopy(
        to temporaryPath: String, mode: UInt16, compacting: Bool, operation: String, target: FilePath
    ) throws(LMDBError) {
        let descriptor = StandardDescriptors.openFile(temporaryPath, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, target.string) }
        defer { closeDescriptor(descriptor) }
        try writeCopy(
            into: descriptor, folder: Filesystem.split(temporaryPath).folder, compacting: compacting,
            operation: operation, target: target)
    }

    private func writeCopy(
        into descriptor: Int32, folder: String, compacting: Bool, operation: String, target: FilePath
    ) throws(LMDBError) {
        if !compacting {
            // liblmdb will take its write lock for a moment. Wait for our own lock first, because that wait can be
            // canceled and reports the holder.
            try acquireWriter(operation)
            releaseWriter()
        }
        let status = try withHandle(operation) { handle in
            let status = mdb_env_copyfd2(handle, descriptor, compacting ? UInt32(MDB_CP_COMPACT) : 0)
            return status == MDB_SUCCESS && fsync(descriptor) != 0 ? errno : status
        }
        guard status == MDB_SUCCESS else {
            let space = DiskSpace(descriptor: descriptor, folder: folder)
            throw copyFailure(status, space: space.explanation, operation: operation, target: target)
        }
    }

    private func copyFailure(
        _ status: Int32, space: LMDBError.Explanation?, operation: String, target: FilePath
    ) -> LMDBError {
        var error = LMDBError(lmdb: status, operation: operation, path: target.string)
        if status == MDB_INCOMPATIBLE {
            error.problem = "\(path) has leaked pages and cannot be compacted"
            error.remedy = "make a plain copy, or rebuild the file"
        }
        return error.code == .io ? error.explained(by: space) : error
    }
}

// liblmdb never makes a file smaller. This copies the last commit without its free pages and replaces the file with
// the copy while no transaction of this process is live and no other process has the file open. The lock file stays.
extension Environment {
    /// Removes free pages from the file. Reads continue while the copy is made; writes wait. Live transactions must
    /// then end within `drainTimeout`, for the moment in which the file is replaced.
    ///
    /// Transaction ids start over, and `mapEpoch` continues. A crash leaves either the old or the new file intact;
    /// leftovers are removed by the next call.
    ///
    /// - Parameter beforeSwap: Called when the copy is complete; if it throws, the compaction is abandoned.
    /// - Throws: `busy` if another process has the file open or a transaction of this process does not end, with
    ///   nothing changed; `needsReopen` if the file could not be opened again.
    package func compact(beforeSwap: () throws -> Void = {}) throws {
        let operation = "compact"
        try requireSameProcess(operation)
        guard !options.isReadOnly else {
            throw LMDBError(
                .readOnly, problem: "the environment was opened read-only",
                remedy: "open it for writing", operation: operation, path: path.string)
        }
        try requireOneName(operation)
        try acquireWriter(operation)
        defer { releaseWriter() }
        // Checked before the work as well as after it, because most refusals do not have to wait for a copy.
        try requireAlone(operation)
        let work = try WorkFolder.make(beside: canonicalPath, operation: operation)
        defer { work.remove() }
        let copied = lastTransactionID
        let mode = try withHandle(operation) { Self.fileMode($0) }
        try writeCopy(to: work.file, mode: mode, compacting: true, operation: operation, target: path)
        try beforeSwap()
        let undrained = LMDBError(
            .busy, problem: "read transactions have stayed open longer than \(options.drainTimeout)",
            remedy: "end them and try again", operation: operation, path: path.string)
        try withDrained(operation, undrained: undrained) { (state, handle) throws(LMDBError) in
            guard let lockFile = state.lockFile, lockFile.lock(.exclusive) else { throw sharedError(operation) }
            guard MapInformation(handle).lastTransactionID == copied else {
                _ = lockFile.lock(.shared)
                throw LMDBError(
                    .busy, problem: "another process wrote during the compaction",
                    remedy: "try again", operation: operation, path: path.string)
            }
            try swap(work.file, lockFile: lockFile, state: &state, handle: handle, operation: operation)
        }
    }

    /// The compacted file gets only this name. Under any other name, the old file would remain as a separate store.
    private func requireOneName(_ operation: String) throws(LMDBError) {
        let names = try withHandle(operation) { handle in
            var status = stat()
            return fstat(Self.descriptor(handle), &status) == 0 ? status.st_nlink : 1
        }
        guard names <= 1 else {
            throw LMDBError(
                .invalidArgument,
                problem: "the file has \(names) names (hard links), and the other names would keep "
                    + "the old contents",
                remedy: "remove them, or make a compacting backup", operation: operation, path: path.string)
        }
    }

    private func requireAlone(_ operation: String) throws(LMDBError) {
        try gate.withLock { state throws(LMDBError) in
            guard state.handle != nil, !state.isClosing else { throw closedError(operation) }
            guard let lockFile = state.lockFile, lockFile.lock(.exclusive) else { throw sharedError(operation) }
            // Other processes may open the file while the copy is made.
            _ = lockFile.lock(.shared)
        }
    }

    private func sharedError(_ operation: String) -> LMDBError {
        LMDBError(
            .busy, problem: "another process has the file open",
            remedy: "close it in that process, or make a compacting backup", operation: operation, path: path.string)
    }

    /// Called under the gate's lock, with no live transaction and the exclusive lock held.
    private func swap(
        _ temporaryPath: String, lockFile: LockFile, state: inout GateState, handle: OpaquePointer,
        operation: String
    ) throws(LMDBError) {
        let known = tables.withLock { $0.values.sorted { $0.handle < $1.handle } }
        for transaction in state.idleReads { mdb_txn_abort(transaction) }
        state.idleReads = []
        state.lastTransactionID = MapInformation(handle).lastTransactionID
        mdb_env_close(handle)
        state.handle = nil
        var failure: LMDBError?
        // Closing has dropped the lock. A process that has opened the file since then has the old file, which must
        // stay.
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
                .needsReopen, problem: "the file could not be opened again (\(error.message))",
                remedy: "close the environment and open it",
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
        // Reserve it first: after the rename, another handle would find this file.
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
            Registry.shared.willClose(identity)
            dataLock.close()
            Registry.shared.release(identity)
            throw Filesystem.error(reason, operation, path.string)
        }
        if let old = state.identity { Registry.shared.willClose(old) }
        state.dataLock?.close()
        state.dataLock = dataLock
        if let old = state.identity { Registry.shared.release(old) }
        state.identity = identity
        state.isNameDurable = false
        try syncName(&state, operation)
    }

    /// Called before each write. A commit to a file that may lose its name may be lost. Does nothing unless a
    /// compaction could not sync the folder.
    func requireDurableName(_ operation: String) throws(LMDBError) {
        try gate.withLock { state throws(LMDBError) in try syncName(&state, operation) }
    }

    private func syncName(_ state: inout GateState, _ operation: String) throws(LMDBError) {
        guard !state.isNameDurable else { return }
        try Filesystem.syncFolder(Filesystem.split(canonicalPath).folder, operation: operation)
        state.isNameDurable = true
    }

    /// Opens the new file at the path, with the same handles for the tables.
    private func reopen(_ known: [Table]) throws(LMDBError) -> OpaquePointer {
        for _ in 0..<8 {
            let preflight = try Preflight.run(canonicalPath)
            let handle = try Self.openHandle(canonicalPath, options: options, preflight: preflight)
            do throws(LMDBError) {
                // Nil: another process opened the file and made it larger than this map.
                if let opened = try Self.openTables(known.map(\.name), handle, path.string) {
                    guard opened == known else {
                        throw LMDBError(
                            .other, problem: "the handles of tables have changed",
                            remedy: "report this defect", operation: "compact", path: path.string)
                    }
                    return handle
                }
                mdb_env_close(handle)
            } catch {
                mdb_env_close(handle)
                throw error
            }
        }
        throw LMDBError(
            .other, problem: "the file keeps growing",
            remedy: "stop its writers and try again", operation: "compact", path: path.string)
    }

    private static func fileMode(_ handle: OpaquePointer) -> UInt16 {
        var status = stat()
        return fstat(descriptor(handle), &status) == 0 ? UInt16(truncatingIfNeeded: status.st_mode & 0o777) : 0o600
    }
}
