import CLMDB
import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The space by which a file can still grow. liblmdb reports a short write as EIO, and a full disk causes short writes,
/// so the remaining space decides which error it was.
struct DiskSpace {
    /// The space that any user may still allocate, or nil if the system does not say. The rest of the free space is a
    /// reserve, part of which file systems deny even to the superuser.
    var availableBytes: UInt64?
    var fileBytes: UInt64
    /// The process's limit on the size of a file, if there is one.
    var fileSizeLimit: UInt64?
    /// Whether as much space as one write may need can be allocated; nil if that cannot be tried.
    var grantsAnotherWrite: Bool?

    /// A commit is written in pieces of about this size. With less space left, the failure is a lack of space.
    static let scarce: UInt64 = 16 << 20

    init(availableBytes: UInt64?, fileBytes: UInt64, fileSizeLimit: UInt64?, grantsAnotherWrite: Bool? = nil) {
        self.availableBytes = availableBytes
        self.fileBytes = fileBytes
        self.fileSizeLimit = fileSizeLimit
        self.grantsAnotherWrite = grantsAnotherWrite
    }

    /// - Parameter folder: A folder where a file without a name can be created, to test whether it gets space.
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

    /// Returns the error if an input/output error was caused by a lack of space; otherwise nil.
    var explanation: (LMDBError.Code, String)? {
        if let fileSizeLimit, fileBytes.addingReportingOverflow(1 << 20).partialValue >= fileSizeLimit {
            return (.diskFull, "the process's file size limit of \(fileSizeLimit) bytes is reached; raise the limit")
        }
        let isScarce = grantsAnotherWrite.map { !$0 } ?? (availableBytes.map { $0 < Self.scarce } ?? false)
        guard isScarce else { return nil }
        let left = availableBytes.map { " (\($0) bytes)" } ?? ""
        return (.diskFull, "no space is left on the disk\(left); free some space and try again")
    }

    /// Returns whether a file in the folder gets space; nil if that cannot be tried. The free space of the file system
    /// is not enough to tell, because there are quotas and reserves.
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
