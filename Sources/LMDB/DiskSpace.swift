import CLMDB
import Platform

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
    /// What any user may still allocate, or nil if the system does not say. The rest of what is free is a reserve, of
    /// which file systems keep a part even from the superuser.
    var availableBytes: UInt64?
    var fileBytes: UInt64
    /// The process's limit on the size of a file, if there is one.
    var fileSizeLimit: UInt64?
    /// Whether as much as one write may take could be allocated; nil where that cannot be tried.
    var grantsAnotherWrite: Bool?

    /// A commit is written in pieces of this order: with less left, the failure is one of space.
    static let scarce: UInt64 = 16 << 20

    init(availableBytes: UInt64?, fileBytes: UInt64, fileSizeLimit: UInt64?, grantsAnotherWrite: Bool? = nil) {
        self.availableBytes = availableBytes
        self.fileBytes = fileBytes
        self.fileSizeLimit = fileSizeLimit
        self.grantsAnotherWrite = grantsAnotherWrite
    }

    /// - Parameter folder: where a file without a name can be made, to see whether it gets room.
    init(descriptor: Int32, folder: String? = nil) {
        var volume = statvfs()
        if fstatvfs(descriptor, &volume) == 0 {
            availableBytes =
                UInt64(volume.f_bavail).multipliedReportingOverflow(by: UInt64(volume.f_frsize)).partialValue
        }
        var status = stat()
        fileBytes = fstat(descriptor, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
        var limit = rlimit()
        #if canImport(Glibc)
            let outcome = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
            let outcome = getrlimit(RLIMIT_FSIZE, &limit)
        #endif
        if outcome == 0, limit.rlim_cur < UInt64(Int64.max) { fileSizeLimit = UInt64(limit.rlim_cur) }
        grantsAnotherWrite = folder.flatMap(Self.tryRoom)
    }

    /// What an input/output error was if it was one of space; nil if it was not.
    var explanation: (LMDBError.Code, String)? {
        if let fileSizeLimit, fileBytes.addingReportingOverflow(1 << 20).partialValue >= fileSizeLimit {
            return (.diskFull, "the process's limit on file sizes, \(fileSizeLimit) bytes, is reached; raise it")
        }
        let isScarce = grantsAnotherWrite.map { !$0 } ?? (availableBytes.map { $0 < Self.scarce } ?? false)
        guard isScarce else { return nil }
        let left = availableBytes.map { " (\($0) bytes)" } ?? ""
        return (.diskFull, "no space is left on the disk\(left); free some and try again")
    }

    /// Whether a file in the folder gets room; nil where that cannot be tried. What is free on the file system does not
    /// tell: there are quotas and reserves.
    private static func tryRoom(in folder: String) -> Bool? {
        #if os(Linux)
            guard let file = try? UnnamedFile(in: folder, mode: 0o600) else { return nil }
            defer { file.close() }
            if clmdb_reserve(file.descriptor, Int(scarce)) == 0 { return true }
            return [ENOSPC, EDQUOT].contains(errno) ? false : nil
        #else
            return nil
        #endif
    }
}
