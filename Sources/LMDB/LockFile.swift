import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The first byte of liblmdb's lock file. Each process that has the environment open holds a shared lock on it; one that
/// opens it and gets it exclusively knows that it is alone, and makes the lock file anew.
///
/// The locks are fcntl(2)'s: they belong to the process, whatever descriptor they were taken through, and **closing any
/// descriptor of the file drops them all**, liblmdb's too. So it stays open until the environment is closed.
struct LockFile {
    enum Mode {
        case shared, exclusive
    }

    private let descriptor: Int32

    init(_ path: String, operation: String) throws(LMDBError) {
        descriptor = StandardDescriptors.openFile(path, O_RDWR)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, path) }
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
    func close() { closeDescriptor(descriptor) }
}
