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
    static func open(_ path: String, _ options: EnvironmentOptions, operation: String) throws(LMDBError) -> LockFile? {
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
        var lock = flock()
        lock.l_type = Int16(mode == .exclusive ? F_WRLCK : F_RDLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 0
        lock.l_len = 1
        while fcntl(descriptor, F_SETLK, &lock) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    /// Only when the environment is closed.
    func close() {
        closeDescriptor(descriptor)
        Registry.shared.release(identity)
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

    private let descriptor: Int32
    /// Nil for a reader without a lock file.
    private let byte: Int64?

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

    /// Whether somebody has the file open with another lock file, or with any, if this process has none.
    var isContested: Bool {
        guard let byte else { return isHeld(Self.lockFiles) }
        return isHeld(Self.lockFiles.lowerBound..<byte) || isHeld(byte + 1..<Self.lockFiles.upperBound)
    }

    /// Whether somebody has the file open who may write to it.
    var hasWriter: Bool { isHeld(Self.writers..<Self.writers + 1) }

    func close() { closeDescriptor(descriptor) }

    #if os(Linux)
        private func set(_ byte: Int64) -> Bool {
            var lock = Self.lock(F_RDLCK, byte..<byte + 1)
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
        private func set(_ byte: Int64) -> Bool { false }
        private func isHeld(_ bytes: Range<Int64>) -> Bool { false }
    #endif
}
