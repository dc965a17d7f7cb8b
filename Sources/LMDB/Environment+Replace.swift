import CLMDB
import Platform
package import SystemPackage

/// The pages of a file, read or written without liblmdb.
package struct PageFile {
    let descriptor: Int32

    /// Reads as many bytes as there are from an offset on, at most as many as the buffer has. Returns how many, or -1
    /// with `errno` set.
    static func read(_ descriptor: Int32, from offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(offset + filled))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return -1 }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    /// The bytes from an offset on, fewer where the file ends, none where it cannot be read.
    package func read(from offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, Self.read(descriptor, from: offset, into: UnsafeMutableRawBufferPointer(buffer)))
        }
    }

    /// The two header pages; nil if they cannot be read.
    package var headers: (bytes: [UInt8], pageSize: Int)? {
        let head = read(from: 0, count: MetaPage.byteCount)
        let meta = try? head.withUnsafeBytes { bytes throws(PreflightProblem) in try MetaPage(bytes) }
        guard let size = meta?.pageSize else { return nil }
        let bytes = read(from: 0, count: 2 * size)
        return bytes.count == 2 * size ? (bytes, size) : nil
    }
}

/// A file in the making, written at any place; what is not written is zeros.
package final class NewPageFile {
    private let descriptor: Int32
    private let target: String
    private let folder: String

    fileprivate init(_ path: String, mode: UInt16, operation: String, target: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDWR | O_CREAT | O_EXCL, mode: mode)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, target) }
        self.target = target
        folder = Filesystem.split(path).folder
    }

    deinit { closeDescriptor(descriptor) }

    package func write(_ bytes: [UInt8], at offset: Int) throws(LMDBError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written,
                    off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(count == 0 ? ENOSPC : errno) }
            written += count
        }
    }

    /// Gives the file its length and makes it durable.
    package func finish(bytes: Int) throws(LMDBError) {
        guard ftruncate(descriptor, off_t(bytes)) == 0, fsync(descriptor) == 0 else { throw failure(errno) }
    }

    private func failure(_ status: Int32) -> LMDBError {
        let error = Filesystem.error(status, "follow", target)
        guard error.code == .io else { return error }
        return error.explained(by: DiskSpace(descriptor: descriptor, folder: folder).explanation)
    }
}

// A follower's file is never changed. A new file is made next to it and takes its name. Unlike a compaction, this does
// not wait for readers. A process that has the old file open keeps reading it, with its lock file, until it looks for
// the new one.
extension Environment {
    /// Makes a file and replaces another one with it, or creates it if there is none. No process may have the old file
    /// open for writing.
    ///
    /// The lock file is removed first, so that two files never share one. A process that opens the file between that
    /// and the rename waits. A crash leaves either the old file or the new one intact; the next call removes
    /// anything else that it left.
    ///
    /// - Parameters:
    ///   - fill: Writes the new file. It gets the pages of the old file, or nil if there is none, and returns false to
    ///     keep the old file.
    ///   - check: Checks the complete new file at its path.
    /// - Throws: `busy` while another process has the file open for writing or replaces it.
    /// - Returns: Whether the file was replaced.
    @discardableResult
    package static func replace(
        _ path: FilePath, mode: UInt16, operation: String,
        fill: (NewPageFile, PageFile?) throws -> Bool, check: (_ temporaryPath: String) throws -> Void
    ) throws -> Bool {
        StandardDescriptors.occupy()
        guard case .file(let canonicalPath, let identity) = try Filesystem.resolve(path, operation: operation) else {
            var isFilled = false
            struct NotWanted: Error {}
            do {
                try place(at: path, operation: operation) { temporaryPath in
                    isFilled = try fill(
                        NewPageFile(temporaryPath, mode: mode, operation: operation, target: path.string), nil)
                    guard isFilled else { throw NotWanted() }
                    try check(temporaryPath)
                }
            } catch is NotWanted {}
            return isFilled
        }
        guard let old = try DataFileLock(replacing: canonicalPath, operation: operation) else {
            throw LMDBError(
                .busy, problem: "another process is replacing the file",
                remedy: "try again when it has finished", operation: operation, path: path.string)
        }
        defer { old.close() }
        try requireNoWriter(old, operation, path)
        let headers = old.pages.headers?.bytes
        let work = try WorkFolder.make(beside: canonicalPath, operation: operation)
        defer { work.remove() }
        guard
            try fill(
                NewPageFile(work.file, mode: mode, operation: operation, target: path.string), old.pages)
        else { return false }
        try check(work.file)
        old.beginSwap()
        defer { old.endSwap() }
        // A writer that came since then holds its lock by now, or waits for it.
        try requireNoWriter(old, operation, path)
        guard old.identity == identity, isInPlace(identity, at: canonicalPath), old.pages.headers?.bytes == headers
        else {
            throw LMDBError(
                .busy, problem: "another process wrote or replaced the file in the meantime",
                remedy: "try again", operation: operation, path: path.string)
        }
        let lockPath = lockPath(canonicalPath)
        guard unlink(lockPath) == 0 || errno == ENOENT else { throw Filesystem.error(errno, operation, lockPath) }
        guard rename(work.file, canonicalPath) == 0 else { throw Filesystem.error(errno, operation, path.string) }
        try Filesystem.syncFolder(Filesystem.split(canonicalPath).folder, operation: operation)
        return true
    }

    private static func requireNoWriter(
        _ file: DataFileLock, _ operation: String, _ path: FilePath
    ) throws(LMDBError) {
        guard !file.hasWriter else {
            throw LMDBError(
                .busy, problem: "the file is open for writing, and what is written to a copy would be lost with it",
                remedy: "open it read-only", operation: operation, path: path.string)
        }
    }

    /// Removes what a crash has left beside a file when another was made for its place.
    package static func removeLeftovers(of path: FilePath) {
        guard case .file(let canonicalPath, _) = try? Filesystem.resolve(path, operation: "follow") else { return }
        let (folder, name) = Filesystem.split(canonicalPath)
        WorkFolder.removeAbandoned(in: folder, for: name)
    }

    /// The header pages of the file at a path; nil when there is no file, or no database.
    package static func headers(at path: FilePath) -> (bytes: [UInt8], pageSize: Int)? {
        let descriptor = StandardDescriptors.openFile(path.string, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { closeDescriptor(descriptor) }
        return PageFile(descriptor: descriptor).headers
    }

    private static func isInPlace(_ identity: FileIdentity, at path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && FileIdentity(status) == identity
    }

    /// Waits until another file has replaced this one, which takes milliseconds.
    ///
    /// - Returns: Whether it was replaced.
    static func waitForReplacement(of identity: FileIdentity, at canonicalPath: String) -> Bool {
        for _ in 0..<10_000 {
            guard isInPlace(identity, at: canonicalPath),
                let dataLock = try? DataFileLock(canonicalPath, lockFile: nil, operation: "open")
            else { return true }
            let mustWait = dataLock.isBeingSwapped
            dataLock.close()
            guard mustWait else { break }
            usleep(1_000)
        }
        return !isInPlace(identity, at: canonicalPath)
    }

    /// Opens the file that has taken the place of this one, if any has: for an environment opened read-only.
    /// Transactions must end meanwhile, within `drainTimeout`; those that begin wait.
    ///
    /// - Parameter check: Called with the new file while no transaction is open. If it throws, this environment is
    ///   closed.
    /// - Throws: `busy` when they do not end, with nothing changed; `needsReopen` when the new file could not be
    ///   opened.
    /// - Returns: Whether it is another file now.
    package func adoptReplacement(_ check: (Environment) throws -> Void) throws(LMDBError) -> Bool {
        let operation = "refresh"
        try requireSameProcess(operation)
        guard options.isReadOnly, let identity = gate.withLock({ $0.identity }) else { return false }
        var status = stat()
        // A file that is gone has not been replaced yet.
        guard stat(canonicalPath, &status) == 0, FileIdentity(status) != identity else { return false }
        let undrained = LMDBError(
            .busy, problem: "read transactions have stayed open longer than \(options.drainTimeout)",
            remedy: "end them and try again", operation: operation, path: path.string)
        let known = tables.withLock { $0.values.sorted { $0.handle < $1.handle } }
        try withDrained(operation, undrained: undrained) { (state, handle) throws(LMDBError) in
            // Another thread may have been faster.
            guard state.identity == identity else { return }
            for transaction in state.idleReads { mdb_txn_abort(transaction) }
            state.idleReads = []
            state.lastTransactionID = MapInformation(handle).lastTransactionID
            mdb_env_close(handle)
            state.handle = nil
            state.forget()
            do {
                let fresh = try Self.open(at: path, options: options, tables: known.map(\.name)) { _, _ in }
                guard fresh.tables.withLock({ $0.values.sorted { $0.handle < $1.handle } }) == known else {
                    throw LMDBError(
                        .other, problem: "tables have other handles than before",
                        operation: operation, path: path.string)
                }
                try check(fresh)
                fresh.giveUp(to: &state)
            } catch {
                state.isClosing = true
                let reason = error as? LMDBError
                throw LMDBError(
                    .needsReopen,
                    problem: "another file has taken this one's place, and it cannot be read "
                        + "(\(reason?.message ?? "\(error)"))",
                    remedy: "close this one and open the other",
                    operation: operation, path: path.string, underlying: reason?.underlying ?? 0)
            }
            state.mapEpoch += 1
        }
        return true
    }

    /// Gives the open file to another environment.
    private func giveUp(to other: inout GateState) {
        gate.withLock { state in
            other.handle = state.handle
            other.identity = state.identity
            other.lockFile = state.lockFile
            other.dataLock = state.dataLock
            state.handle = nil
            state.identity = nil
            state.lockFile = nil
            state.dataLock = nil
            state.isClosing = true
        }
    }
}
