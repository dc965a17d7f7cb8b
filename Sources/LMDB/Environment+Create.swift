import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// A new database is created next to its final path and renamed when complete: a power cut while liblmdb writes the
// first two pages would leave a file that cannot be opened.
extension Environment {
    /// Returns when a complete file is at the path, created by this or another process.
    static func createFile(
        _ path: FilePath, _ canonicalPath: String, options: EnvironmentOptions, tables names: [String],
        create: (borrowing WriteTransaction, [Table]) throws -> Void
    ) throws {
        if !options.allowNetworkFilesystem {
            try Filesystem.requireLocal(Filesystem.split(canonicalPath).folder, operation: "create")
        }
        let status = try makeBeside(canonicalPath, operation: "create") { temporaryPath in
            try fill(path, temporaryPath, options: options, tables: names, create: create)
        }
        // A file exists now, or the folder is gone: the caller checks the path again.
        guard status == 0 || status == EEXIST || status == ENOENT else {
            throw Filesystem.error(status, "create", path.string)
        }
    }

    private static func fill(
        _ path: FilePath, _ temporaryPath: String, options: EnvironmentOptions, tables names: [String],
        create: (borrowing WriteTransaction, [Table]) throws -> Void
    ) throws {
        var options = options
        options.durability = .full
        // No other process knows the file yet, so it needs no lock and no lock file.
        let handle = try openHandle(temporaryPath, options: options, preflight: nil, isLocking: false)
        let environment = Environment(
            path: path, canonicalPath: temporaryPath, options: options, handle: handle, identity: nil, tables: [])
        defer { environment.close() }
        try environment.write { transaction in
            var tables: [Table] = []
            for name in names { tables.append(try transaction.writer.createTable(named: name)) }
            try create(transaction, tables)
        }
        try environment.sync()
    }

    /// Returns 0 or an errno; EEXIST if the target exists, which is then not changed.
    package static func moveWithoutReplacing(_ source: String, _ target: String) -> Int32 {
        if clmdb_rename_without_replacing(source, target) == 0 { return 0 }
        switch errno {
        case ENOSYS, EINVAL, ENOTSUP:
            // Not every file system supports this. A second name, followed by removing the first, is as good.
            guard link(source, target) == 0 else { return errno }
            unlink(source)
            return 0
        default:
            return errno
        }
    }
}
