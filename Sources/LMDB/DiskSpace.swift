#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How much a file may still grow. liblmdb reports a short write as EIO, and a short write is how a full disk shows, so
/// the space that is left decides which of the two it was.
struct DiskSpace {
    /// What this process may still allocate, or nil if the system does not say.
    var availableBytes: UInt64?
    var fileBytes: UInt64
    /// The process's limit on the size of a file, if there is one.
    var fileSizeLimit: UInt64?

    /// A commit is written in pieces of this order: with less left, the failure is one of space.
    static let scarce: UInt64 = 1 << 20

    init(availableBytes: UInt64?, fileBytes: UInt64, fileSizeLimit: UInt64?) {
        self.availableBytes = availableBytes
        self.fileBytes = fileBytes
        self.fileSizeLimit = fileSizeLimit
    }

    init(descriptor: Int32) {
        var volume = statvfs()
        if fstatvfs(descriptor, &volume) == 0 { availableBytes = Self.available(volume) }
        var status = stat()
        fileBytes = fstat(descriptor, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
        var limit = rlimit()
        #if canImport(Glibc)
            let outcome = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
            let outcome = getrlimit(RLIMIT_FSIZE, &limit)
        #endif
        if outcome == 0, limit.rlim_cur < UInt64(Int64.max) { fileSizeLimit = UInt64(limit.rlim_cur) }
    }

    static func availableBytes(at path: String) -> UInt64? {
        var volume = statvfs()
        guard statvfs(path, &volume) == 0 else { return nil }
        return available(volume)
    }

    /// The superuser may use the reserve as well.
    private static func available(_ volume: statvfs) -> UInt64 {
        let blocks = UInt64(geteuid() == 0 ? volume.f_bfree : volume.f_bavail)
        return blocks.multipliedReportingOverflow(by: UInt64(volume.f_frsize)).partialValue
    }

    /// What an input/output error was if it was one of space; nil if it was not.
    var explanation: (LMDBError.Code, String)? {
        if let fileSizeLimit, fileBytes.addingReportingOverflow(Self.scarce).partialValue >= fileSizeLimit {
            return (.diskFull, "the process's limit on file sizes, \(fileSizeLimit) bytes, is reached; raise it")
        }
        if let availableBytes, availableBytes < Self.scarce {
            return (.diskFull, "no space is left on the disk (\(availableBytes) bytes); free some and try again")
        }
        return nil
    }
}
