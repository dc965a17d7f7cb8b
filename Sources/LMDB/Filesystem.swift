import CLMDB
import Platform
import SystemPackage

/// Checks of the file system that liblmdb does not make.
package enum Filesystem {
    /// The kind of file at a path after following symbolic links.
    enum Target {
        case file(canonicalPath: String, FileIdentity)
        case missing(canonicalPath: String)
    }

    /// Resolves links, so that every process uses the same name and thus the same lock file.
    static func resolve(_ path: FilePath, operation: String) throws(LMDBError) -> Target {
        // As a string, each byte that is not UTF-8 would become the same character, and two files would become one.
        guard FilePath(path.string) == path else {
            throw notUTF8(path.string, operation: operation)
        }
        return try resolve(path.string, operation: operation)
    }

    private static func resolve(_ path: String, operation: String) throws(LMDBError) -> Target {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw LMDBError(
                .invalidArgument, problem: "the path is empty or contains a zero byte",
                remedy: "correct the path", operation: operation, path: path)
        }
        if let canonical = realPath(path) {
            var status = stat()
            guard stat(canonical, &status) == 0 else {
                // It was there a moment ago: another process has removed it.
                if errno == ENOENT { return try resolve(path, operation: operation) }
                throw error(errno, operation, path)
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw LMDBError(
                    .notADatabase, problem: "the path leads to a \(kind(status.st_mode)), not to a database file",
                    remedy: "correct the path", operation: operation, path: path)
            }
            return .file(canonicalPath: canonical, FileIdentity(status))
        }
        let reason = errno
        if reason == EILSEQ { throw notUTF8(path, operation: operation) }
        guard reason == ENOENT else { throw error(reason, operation, path) }
        var status = stat()
        if lstat(path, &status) == 0 {
            // It was not there a moment ago: another process has made it.
            guard status.st_mode & S_IFMT == S_IFLNK, stat(path, &status) != 0 else {
                return try resolve(path, operation: operation)
            }
            throw LMDBError(
                .missingFile, problem: "the path is a symbolic link to a file that does not exist",
                remedy: "remove or correct the link", operation: operation, path: path)
        }
        let (folder, name) = split(path)
        guard !name.isEmpty, name != ".", name != ".." else { throw error(ENOENT, operation, path) }
        guard let canonical = realPath(folder) else {
            throw errno == EILSEQ ? notUTF8(path, operation: operation) : error(errno, operation, path)
        }
        return .missing(canonicalPath: canonical == "/" ? "/\(name)" : "\(canonical)/\(name)")
    }

    private static func notUTF8(_ path: String, operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, problem: "the path, or the one that a symbolic link leads to, is not UTF-8",
            remedy: "rename the file or folder", operation: operation, path: path)
    }

    /// Folder and last component. Not `FilePath`: it would tidy the path, and ".." behind a link must not be.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// Nil, with `errno` set, if it cannot be found or its name is not UTF-8.
    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        guard let name = String(validatingCString: resolved) else {
            errno = EILSEQ
            return nil
        }
        return name
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "folder"
        case S_IFIFO: "named pipe"
        case S_IFSOCK: "socket"
        default: "device"
        }
    }

    static func error(_ status: Int32, _ operation: String, _ path: String) -> LMDBError {
        LMDBError(errno: status, operation: operation, path: path)
    }

    /// Returns the names in a folder; nil, with `errno`, if it cannot be read.
    package static func entries(_ folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes the entries of a folder durable, without which a new file may lose its name.
    static func syncFolder(_ folder: String, operation: String) throws(LMDBError) {
        let descriptor = StandardDescriptors.openFile(folder, O_RDONLY)
        guard descriptor >= 0 else { throw error(errno, operation, folder) }
        defer { close(descriptor) }
        // Some file systems cannot sync a folder and return EINVAL; nothing can be done then.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw error(errno, operation, folder) }
    }

    // MARK: Networks

    static func requireLocal(_ path: String, operation: String) throws(LMDBError) {
        #if canImport(Darwin)
            var volume = statfs()
            guard statfs(path, &volume) == 0 else { throw error(errno, operation, path) }
            let name = volume.f_flags & UInt32(MNT_LOCAL) == 0 ? "a network file system" : nil
        #else
            let magic = clmdb_filesystem_magic(path)
            guard magic != 0 else { throw error(errno, operation, path) }
            let name = networkName(magic: magic)
        #endif
        guard let name else { return }
        throw LMDBError(
            .networkFilesystem, problem: "the file is on \(name), where memory maps and locks may not work",
            remedy: "move it to a local disk, or, if only one host opens it, allow it (--allow-network-filesystem, "
                + "Configuration.allowsNetworkFilesystem)",
            operation: operation, path: path)
    }

    /// Returns the name of a file system that another host may change, from Linux's `f_type`; nil for local ones. FUSE
    /// and 9P may be local, but there is no way to tell, so they count as remote.
    static func networkName(magic: UInt32) -> String? {
        switch magic {
        case 0x6969: "NFS"
        case 0x517B, 0xFE53_4D42: "SMB"
        case 0xFF53_4D42: "CIFS"
        case 0x6573_5546: "FUSE"
        case 0x0102_1997: "9P"
        case 0x5346_414F, 0x6B41_4653: "AFS"
        case 0x7375_7245: "Coda"
        case 0x564C: "NCP"
        case 0x00C3_6400: "Ceph"
        case 0x0BD0_0BD0: "Lustre"
        case 0x4750_4653: "GPFS"
        case 0x1983_0326: "BeeGFS"
        case 0x2003_0528: "PVFS"
        case 0x7461_636F: "OCFS2"
        case 0x0116_1970: "GFS2"
        case 0x786F_4256: "a VirtualBox share"
        case 0xBACB_ACBC: "a VMware share"
        default: nil
        }
    }
}

/// The identity of a file, independent of its name.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

extension FileIdentity {
    init(_ status: stat) {
        self.init(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino))
    }
}

// For types whose own methods hide the C function.

func closeDescriptor(_ descriptor: Int32) {
    close(descriptor)
}

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
    private static let scarce: UInt64 = 16 << 20

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
    var explanation: LMDBError.Explanation? {
        if let fileSizeLimit, fileBytes.addingReportingOverflow(1 << 20).partialValue >= fileSizeLimit {
            return .init(
                .diskFull, "the process's file size limit of \(fileSizeLimit) bytes is reached", "raise the limit")
        }
        let isScarce = grantsAnotherWrite.map { !$0 } ?? (availableBytes.map { $0 < Self.scarce } ?? false)
        guard isScarce else { return nil }
        let left = availableBytes.map { " (\($0) bytes)" } ?? ""
        return .init(.diskFull, "no space is left on the disk\(left)", "free some space and try again")
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
