import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// A new database is made beside its place and renamed into it when complete: a power cut while liblmdb writes the first
// two pages would leave a file that nothing can open.
extension Environment {
    /// Returns with a complete file at the path, ours or that of whoever was faster.
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
        // Something stands there now, or the folder has gone: the caller looks at the path again.
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
        // Nobody knows the file yet, so there is nobody to lock out, and no lock file to leave behind.
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

    /// 0 or an errno; EEXIST if something stands at the target, which is then left alone.
    static func moveWithoutReplacing(_ source: String, _ target: String) -> Int32 {
        if clmdb_rename_without_replacing(source, target) == 0 { return 0 }
        switch errno {
        case ENOSYS, EINVAL, ENOTSUP:
            // Not every file system can; a second name, then the loss of the first, is as good.
            guard link(source, target) == 0 else { return errno }
            unlink(source)
            return 0
        default:
            return errno
        }
    }
}
