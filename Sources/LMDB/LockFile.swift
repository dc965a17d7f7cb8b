import CLMDB
import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// liblmdb's lock file. Its first byte tells who has the environment open: each process holds a shared lock on it; one
/// that opens it and gets it exclusively knows that it is alone, and makes the lock file anew.
///
/// The locks are fcntl(2)'s: they belong to the process, whatever descriptor they were taken through, and **closing any
/// descriptor of the file drops them all**, liblmdb's too. So it stays open until the environment is closed, which also
/// keeps its inode from being given to another file.
struct LockFile {
    enum Mode {
        case shared, exclusive
    }

    /// Reserved in `Registry` until `close`.
    let identity: FileIdentity
    private let descriptor: Int32

    /// Opens the lock file before liblmdb does, and makes it if it is missing.
    ///
    /// - Parameter options: `fileMode` for a new one. A read-only open does without one on a read-only file system.
    /// - Returns: nil when liblmdb will do without locks.
    /// - Throws: `diskFull` when there is no room for all of it.
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
        // Each round ends in an answer unless someone else made or removed the file meanwhile.
        for _ in 0..<8 {
            var status = stat()
            let reason: Int32
            if stat(path, &status) == 0 {
                let identity = FileIdentity(status)
                guard Registry.shared.reserve(identity) else {
                    throw LMDBError(
                        .alreadyOpen, "this process still has an earlier file of this name open; close that one",
                        operation: operation, path: path)
                }
                let descriptor = StandardDescriptors.openFile(path, O_RDWR)
                reason = errno
                if descriptor >= 0 {
                    if fstat(descriptor, &status) == 0, FileIdentity(status) == identity {
                        return LockFile(identity: identity, descriptor: descriptor)
                    }
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
            .other, "the lock file was replaced again and again while it was being opened", operation: operation,
            path: path)
    }

    /// Whether a path leads to this file; nil when it leads nowhere any more.
    func isInPlace(at path: String) -> Bool? {
        var status = stat()
        return stat(path, &status) == 0 ? FileIdentity(status) == identity : nil
    }

    /// Takes or changes this process's lock; false, with the lock as it was, when another process's stands in the way.
    func lock(_ mode: Mode) -> Bool {
        set(mode == .exclusive ? F_WRLCK : F_RDLCK, at: 0) == 0
    }

    /// The byte whose lock the process takes that is about to write: before liblmdb's lock, which would not say who holds
    /// it, nor let go of who waits for it. Beyond the bytes that liblmdb locks, one for each process number.
    private static let writerByte: off_t = 1 << 40

    /// Takes the writers' lock; false when another process has it. Where the file system knows no locks, liblmdb's does.
    func lockWriter() -> Bool { ![EAGAIN, EACCES].contains(set(F_WRLCK, at: Self.writerByte)) }

    func unlockWriter() { _ = set(F_UNLCK, at: Self.writerByte) }

    /// The process that has the writers' lock, if it can be told: not when it has just let go of it, nor when it is in
    /// another container.
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

    /// Only when the environment is closed.
    func close() {
        closeDescriptor(descriptor)
        Registry.shared.release(identity)
    }
}

// MARK: Room

extension LockFile {
    /// Gives the lock file all its blocks before liblmdb maps it. liblmdb makes it by `ftruncate`, so that its first touch
    /// on a full disk would end the process with SIGBUS.
    ///
    /// Its size is left to liblmdb: processes that have it mapped already must not see it grow.
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
        // The file system cannot reserve: then what it has left decides.
        let space = DiskSpace(descriptor: descriptor)
        if let available = space.availableBytes, available < UInt64(bytes) {
            throw Self.full(path, bytes, operation)
        }
    }

    /// What liblmdb asks for: a header, and a cache line for each reader.
    static func byteCount(readers: Int) -> Int { 192 + (readers - 1) * 64 }

    private static func isLackOfRoom(_ reason: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG].contains(reason) }

    private static func full(_ path: String, _ bytes: Int, _ operation: String) -> LMDBError {
        LMDBError(
            .diskFull,
            "the disk has no \(bytes) bytes left for the lock file; free some and try again. Nothing was changed",
            operation: operation, path: path, underlying: ENOSPC)
    }
}

/// Ties a data file to one lock file. Two processes exclude each other only through the same lock file, and a path is no
/// proof of that: a bind mount of the data file alone and a hard link have another lock file beside them, and a lock file
/// may be deleted while it is in use.
///
/// So everybody who has the data file open holds a shared lock on one byte of it, far beyond any data, whose place is made
/// from the device and the inode of their lock file. Whoever finds a lock on another of these bytes leaves the file alone.
/// These are locks of the open file description: they follow the inode through mounts and containers, and end with the
/// last descriptor of it, so a killed process leaves none.
///
/// Only Linux has such locks. Elsewhere, and on file systems that know none, nothing is found.
struct DataFileLock {
    /// The bytes that stand for lock files.
    private static let lockFiles = (1 << 62) as Int64..<(1 << 62 | 1 << 61)
    /// Held as well by those who may write.
    private static let writers = lockFiles.lowerBound - 1
    /// Held by readers for whose lock file there is no room, so that nobody begins to write while they read.
    private static let keepers = writers - 1
    /// Held alone by whoever makes a file that is to take this one's place, and while it does so.
    private static let replacers = keepers - 1
    private static let swappers = replacers - 1

    private let descriptor: Int32
    /// Nil for a reader without a lock file.
    private let byte: Int64?
    /// Whether nobody can open the file for writing while this is held.
    private(set) var keepsWritersOut = false

    /// Opens a data file, to look at its locks and to take one.
    ///
    /// - Parameter lockFile: what this process excludes others with.
    init(_ path: String, lockFile: FileIdentity?, operation: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, path) }
        byte = lockFile.map { Self.byte(standingFor: $0) }
    }

    static func byte(standingFor file: FileIdentity) -> Int64 {
        // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input reaches every bit of the output.
        var x = file.inode &+ 0x9E37_79B9_7F4A_7C15 &* (file.device &+ 1)
        x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
        x ^= x >> 31
        return lockFiles.lowerBound + Int64(x % UInt64(lockFiles.count))
    }

    /// Which file this is.
    var identity: FileIdentity? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
    }

    /// Takes the lock, to be held until `close`. Locks are shared, so nobody stands in the way of it.
    func take(forWriting: Bool) {
        guard let byte else { return }
        _ = set(byte)
        if forWriting { _ = set(Self.writers) }
    }

    /// For a reader without a lock file: takes the lock that nobody opens the file for writing beside. False where the file
    /// system knows no such locks.
    mutating func keepWritersOut() -> Bool {
        keepsWritersOut = set(Self.keepers)
        return keepsWritersOut
    }

    /// Whether somebody reads the file who keeps writers out.
    var isKeptFromWriters: Bool { isHeld(Self.keepers..<Self.keepers + 1) }

    /// Whether somebody has the file open with another lock file, or with any, if this process has none.
    var isContested: Bool {
        guard let byte else { return isHeld(Self.lockFiles) }
        return isHeld(Self.lockFiles.lowerBound..<byte) || isHeld(byte + 1..<Self.lockFiles.upperBound)
    }

    /// For whoever replaces the file: opens it with the right to hold a lock alone, and takes the one that excludes
    /// others who would replace it. Nil when another does.
    init?(replacing path: String, operation: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, path) }
        byte = nil
        guard set(Self.replacers, isExclusive: true) || !isHeld(Self.replacers..<Self.replacers + 1) else {
            close()
            return nil
        }
    }

    /// From here to the end of the process or `close`, whoever opens the file waits until another stands in its place.
    func beginSwap() { _ = set(Self.swappers, isExclusive: true) }

    func endSwap() { _ = set(Self.swappers, isExclusive: nil) }

    /// Whether another file is about to take this one's place.
    var isBeingSwapped: Bool { isHeld(Self.swappers..<Self.swappers + 1) }

    /// The file's pages, for whoever replaces it.
    var pages: PageFile { PageFile(descriptor: descriptor) }

    /// Whether somebody has the file open who may write to it.
    var hasWriter: Bool { isHeld(Self.writers..<Self.writers + 1) }

    func close() { closeDescriptor(descriptor) }

    #if os(Linux)
        /// - Parameter isExclusive: nil to let go of it.
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
