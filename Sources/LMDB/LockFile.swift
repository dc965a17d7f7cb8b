import CLMDB
import Platform

/// liblmdb's lock file. Its first byte shows which processes have the environment open: each process holds a shared
/// lock on it. A process that gets the exclusive lock when it opens the file knows that it is alone, and reinitializes
/// the lock file.
///
/// The locks are those of fcntl(2): they belong to the process, whatever descriptor they were taken through, and
/// **closing any descriptor of the file drops them all**, including liblmdb's. The file therefore stays open until the
/// environment is closed, which also keeps its inode from being reused.
struct LockFile {
    enum Mode {
        case shared, exclusive
    }

    /// Reserved in `Registry` until `close`.
    let identity: FileIdentity
    private let descriptor: Int32

    /// Opens the lock file before liblmdb does, and creates it if it is missing.
    ///
    /// - Parameter options: `fileMode` for a new lock file. A read-only open works without one on a read-only file
    ///   system.
    /// - Returns: Nil if liblmdb will work without locks.
    /// - Throws: `diskFull` if there is no space for all of it.
    static func open(_ path: String, _ options: EnvironmentOptions, operation: String) throws(LMDBError) -> LockFile? {
        guard let lockFile = try openOrMake(path, options, operation: operation) else { return nil }
        do throws(LMDBError) {
            try lockFile.reserve(path, options, operation: operation)
        } catch {
            lockFile.close()
            throw error
        }
        return lockFile
    }

    private static func openOrMake(
        _ path: String, _ options: EnvironmentOptions, operation: String
    ) throws(LMDBError) -> LockFile? {
        // Each round ends with a result unless another process created or removed the file meanwhile.
        for _ in 0..<8 {
            var status = stat()
            let reason: Int32
            if stat(path, &status) == 0 {
                let identity = FileIdentity(status)
                guard Registry.shared.reserve(identity) else {
                    throw LMDBError(
                        .alreadyOpen, problem: "this process still has an earlier file of this name open",
                        remedy: "close it first", operation: operation, path: path)
                }
                let descriptor = StandardDescriptors.openFile(path, O_RDWR)
                reason = errno
                if descriptor >= 0 {
                    if fstat(descriptor, &status) == 0, FileIdentity(status) == identity {
                        return LockFile(identity: identity, descriptor: descriptor)
                    }
                    Registry.shared.willClose(identity)
                    closeDescriptor(descriptor)
                }
                Registry.shared.release(identity)
                if descriptor >= 0 || reason == ENOENT { continue }
            } else {
                guard errno == ENOENT else { throw Filesystem.error(errno, operation, path) }
                let descriptor = StandardDescriptors.openFile(path, O_RDWR | O_CREAT | O_EXCL, mode: options.fileMode)
                reason = errno
                if descriptor >= 0, fstat(descriptor, &status) == 0 {
                    _ = Registry.shared.reserve(FileIdentity(status))
                    return LockFile(identity: FileIdentity(status), descriptor: descriptor)
                }
                if reason == EEXIST { continue }
            }
            if reason == EROFS, options.isReadOnly { return nil }
            if isLackOfRoom(reason) { throw full(path, byteCount(readers: options.maximumReaders), operation) }
            throw Filesystem.error(reason, operation, path)
        }
        throw LMDBError(
            .other, problem: "the lock file was replaced repeatedly while it was being opened",
            remedy: "try again", operation: operation, path: path)
    }

    /// Returns whether a path leads to this file; nil if it no longer leads to any file.
    func isInPlace(at path: String) -> Bool? {
        var status = stat()
        return stat(path, &status) == 0 ? FileIdentity(status) == identity : nil
    }

    /// Takes or changes this process's lock. Returns false, with the lock unchanged, if another process's lock is in
    /// the way.
    func lock(_ mode: Mode) -> Bool {
        set(mode == .exclusive ? F_WRLCK : F_RDLCK, at: 0) == 0
    }

    /// The byte that a process locks when it is about to write, before it takes liblmdb's lock, which does not report
    /// its holder and cannot be waited for with a timeout. It is past the bytes that liblmdb locks, one per process ID.
    private static let writerByte: off_t = 1 << 40

    /// Takes the writer lock. Returns false if another process has it. On a file system without locks, liblmdb's own
    /// lock must suffice.
    func lockWriter() -> Bool { ![EAGAIN, EACCES].contains(set(F_WRLCK, at: Self.writerByte)) }

    func unlockWriter() { _ = set(F_UNLCK, at: Self.writerByte) }

    /// Returns the process that has the writer lock, if it can be determined: not if it has just released the lock, or
    /// is in another container.
    var writer: pid_t? {
        var lock = Self.lock(F_WRLCK, at: Self.writerByte)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0 else { return nil }
        return lock.l_pid
    }

    /// Returns 0 or an errno.
    private func set(_ type: Int32, at byte: off_t) -> Int32 {
        var lock = Self.lock(type, at: byte)
        while fcntl(descriptor, F_SETLK, &lock) != 0 {
            guard errno == EINTR else { return errno }
        }
        return 0
    }

    private static func lock(_ type: Int32, at byte: off_t) -> flock {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = byte
        lock.l_len = 1
        return lock
    }

    /// Called only when the environment is closed.
    func close() {
        Registry.shared.willClose(identity)
        closeDescriptor(descriptor)
        Registry.shared.release(identity)
    }
}

// MARK: Space

extension LockFile {
    /// Allocates all blocks of the lock file before liblmdb maps it. liblmdb extends it with `ftruncate`, so that the
    /// first access on a full disk would end the process with SIGBUS.
    ///
    /// The size is left to liblmdb: processes that have it mapped already must not see it grow.
    private func reserve(_ path: String, _ options: EnvironmentOptions, operation: String) throws(LMDBError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Filesystem.error(errno, operation, path) }
        let bytes = max(Self.byteCount(readers: options.maximumReaders), Int(status.st_size))
        let blockBytes = 512  // of st_blocks, whatever the file system's are
        if Int(status.st_blocks) * blockBytes >= bytes { return }
        #if os(Linux)
            if clmdb_reserve(descriptor, bytes) == 0 { return }
            if Self.isLackOfRoom(errno) { throw Self.full(path, bytes, operation) }
        #endif
        // The file system cannot reserve space, so its free space decides.
        let space = DiskSpace(descriptor: descriptor)
        if let available = space.availableBytes, available < UInt64(bytes) {
            throw Self.full(path, bytes, operation)
        }
    }

    /// The size that liblmdb uses: a header, and one cache line per reader.
    static func byteCount(readers: Int) -> Int { 192 + (readers - 1) * 64 }

    private static func isLackOfRoom(_ reason: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG].contains(reason) }

    private static func full(_ path: String, _ bytes: Int, _ operation: String) -> LMDBError {
        LMDBError(
            .diskFull,
            problem: "the disk does not have \(bytes) bytes left for the lock file, and nothing was "
                + "changed",
            remedy: "free some space and try again", operation: operation, path: path, underlying: ENOSPC)
    }
}

/// Binds a data file to one lock file. Two processes exclude each other only through the same lock file, and the same
/// data file may have several: a bind mount of only the data file and a hard link have another lock file next to them,
/// and a lock file may be deleted while it is in use.
///
/// Every process that has the data file open therefore holds a shared lock on one byte of it, far beyond any data. The
/// position of the byte is derived from the device and the inode of the process's lock file. A process that finds a
/// lock on another of these bytes does not open the file. These are locks of the open file description: they follow the
/// inode through mounts and containers, and end with its last descriptor, so a killed process leaves none.
///
/// Only Linux has such locks. On other systems, and on file systems without them, nothing is detected.
struct DataFileLock {
    /// The bytes that identify lock files.
    private static let lockFiles = (1 << 62) as Int64..<(1 << 62 | 1 << 61)
    /// A byte that processes with write access also lock.
    private static let writers = lockFiles.lowerBound - 1
    /// A byte that readers lock if there is no space for their lock file, so that no process begins to write while they
    /// read.
    private static let keepers = writers - 1
    /// A byte that a process locks exclusively while it makes a file to replace this one.
    private static let replacers = keepers - 1
    private static let swappers = replacers - 1

    private let descriptor: Int32
    /// Nil for a reader without a lock file.
    private let byte: Int64?
    /// Whether no process can open the file for writing while this lock is held.
    private(set) var keepsWritersOut = false

    /// Opens a data file to check its locks and to take one.
    ///
    /// - Parameter lockFile: The lock file of this process.
    init(_ path: String, lockFile: FileIdentity?, operation: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, path) }
        byte = lockFile.map { Self.byte(standingFor: $0) }
    }

    static func byte(standingFor file: FileIdentity) -> Int64 {
        // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input affects every bit of the
        // output.
        var x = file.inode &+ 0x9E37_79B9_7F4A_7C15 &* (file.device &+ 1)
        x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
        x ^= x >> 31
        return lockFiles.lowerBound + Int64(x % UInt64(lockFiles.count))
    }

    /// The identity of the file.
    var identity: FileIdentity? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
    }

    /// Takes the lock, which is held until `close`. Locks are shared, so it is always available.
    func take(forWriting: Bool) {
        guard let byte else { return }
        _ = set(byte)
        if forWriting { _ = set(Self.writers) }
    }

    /// Takes the lock of a reader without a lock file, which keeps others from opening the file for writing. Returns
    /// false if the file system has no such locks.
    mutating func keepWritersOut() -> Bool {
        keepsWritersOut = set(Self.keepers)
        return keepsWritersOut
    }

    /// Whether a reader that blocks writers has the file open.
    var isKeptFromWriters: Bool { isHeld(Self.keepers..<Self.keepers + 1) }

    /// Whether another process has the file open with a different lock file, or with any, if this process has none.
    var isContested: Bool {
        guard let byte else { return isHeld(Self.lockFiles) }
        return isHeld(Self.lockFiles.lowerBound..<byte) || isHeld(byte + 1..<Self.lockFiles.upperBound)
    }

    /// Opens the file for a process that will replace it, and takes the exclusive lock that keeps other processes from
    /// replacing it too. Returns nil if another process has that lock.
    init?(replacing path: String, operation: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, path) }
        byte = nil
        guard set(Self.replacers, isExclusive: true) || !isHeld(Self.replacers..<Self.replacers + 1) else {
            close()
            return nil
        }
    }

    /// From now until `close` or the end of the process, a process that opens the file waits until it is replaced.
    func beginSwap() { _ = set(Self.swappers, isExclusive: true) }

    func endSwap() { _ = set(Self.swappers, isExclusive: nil) }

    /// Whether another file is about to take this one's place.
    var isBeingSwapped: Bool { isHeld(Self.swappers..<Self.swappers + 1) }

    /// The pages of the file, for a process that replaces it.
    var pages: PageFile { PageFile(descriptor: descriptor) }

    /// Whether a process that may write to the file has it open.
    var hasWriter: Bool { isHeld(Self.writers..<Self.writers + 1) }

    func close() { closeDescriptor(descriptor) }

    #if os(Linux)
        /// - Parameter isExclusive: Nil to release the lock.
        private func set(_ byte: Int64, isExclusive: Bool? = false) -> Bool {
            var lock = Self.lock(isExclusive.map { $0 ? F_WRLCK : F_RDLCK } ?? F_UNLCK, byte..<byte + 1)
            while fcntl(descriptor, clmdb_ofd_setlk, &lock) != 0 {
                guard errno == EINTR else { return false }
            }
            return true
        }

        private func isHeld(_ bytes: Range<Int64>) -> Bool {
            guard !bytes.isEmpty else { return false }
            var lock = Self.lock(F_WRLCK, bytes)
            return fcntl(descriptor, clmdb_ofd_getlk, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
        }

        private static func lock(_ type: Int32, _ bytes: Range<Int64>) -> flock {
            var lock = flock()
            lock.l_type = Int16(type)
            lock.l_whence = Int16(SEEK_SET)
            lock.l_start = off_t(bytes.lowerBound)
            lock.l_len = off_t(bytes.count)
            return lock
        }
    #else
        private func set(_ byte: Int64, isExclusive: Bool? = false) -> Bool { false }
        private func isHeld(_ bytes: Range<Int64>) -> Bool { false }
    #endif
}
