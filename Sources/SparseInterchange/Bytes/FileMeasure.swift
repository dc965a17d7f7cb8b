internal import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The attributes of an open file.
enum FileMeasure {
    /// The size of a regular file; nil for a pipe, a terminal or a device. A directory is an error.
    static func regularFileSize(
        of descriptor: FileDescriptor, name: String
    ) throws(InterchangeError) -> UInt64? {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else {
            throw .system(Errno(rawValue: errno), "read", name)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return UInt64(clamping: status.st_size)
        case S_IFDIR: throw .system(.isDirectory, "read", name)
        default: return nil
        }
    }
}
