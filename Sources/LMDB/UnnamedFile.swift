import CLMDB
import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file without a name, which disappears with the process that fills it unless it gets a name (`O_TMPFILE` of
/// open(2)). Linux only, and not on every file system.
struct UnnamedFile {
    /// The creator of the file closes it.
    let descriptor: Int32

    /// - Throws: An error if the folder's file system does not support this, or could not give it a name later.
    init(in folder: String, mode: UInt16) throws(LMDBError) {
        #if os(Linux)
            descriptor = StandardDescriptors.openFile(folder, clmdb_unnamed | O_DIRECTORY | O_WRONLY, mode: mode)
            guard descriptor >= 0 else { throw Filesystem.error(errno, "create", folder) }
            guard access(procPath, F_OK) == 0 else {
                let reason = errno
                close()
                throw Filesystem.error(reason, "create", folder)
            }
        #else
            throw Filesystem.error(ENOTSUP, "create", folder)
        #endif
    }

    /// Gives the file a name that no other file has. Returns false, with `errno` set, if that fails.
    func name(_ path: String) -> Bool {
        linkat(AT_FDCWD, procPath, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
    }

    func close() { closeDescriptor(descriptor) }

    private var procPath: String { "/proc/self/fd/\(descriptor)" }
}
