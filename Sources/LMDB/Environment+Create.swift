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
        // Gone: a neighbour took it for abandoned. Either way the caller looks at the path again.
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
        let handle = try openHandle(temporaryPath, options: options, preflight: nil)
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

    // MARK: Temporary names

    /// Tells who is at work, so that what a crash left behind can be known for that. What is made for a file that is itself
    /// in the making is named after the file that it will be: by that name abandoned files are looked for.
    static func temporaryName(for target: String) -> String {
        let known = target.ranges(of: ".new-").last.map { String(target[..<$0.lowerBound]) }
        let base = known.map { creator(of: target, target: $0) == nil ? target : $0 } ?? target
        return "\(base).new-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }

    /// The process named in a temporary file's name, or nil if it is no such name.
    static func creator(of entry: String, target name: String) -> pid_t? {
        let prefix = name + ".new-"
        guard entry.hasPrefix(prefix) else { return nil }
        let parts = entry.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 || (parts.count == 3 && parts[2] == "lock") else { return nil }
        guard UInt32(parts[1], radix: 16) != nil, let process = pid_t(parts[0]), process > 0 else { return nil }
        return process
    }

    /// Removes what crashed creations of this target left. Should one be alive after all (a process this one cannot see,
    /// in another container), it finds its file gone and begins anew.
    static func removeAbandonedFiles(folder: String, name: String) {
        guard let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        var abandoned: [String] = []
        while let entry = readdir(directory) {
            let entryName = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            guard let process = creator(of: entryName, target: name) else { continue }
            let entryPath = folder == "/" ? "/\(entryName)" : "\(folder)/\(entryName)"
            let isAlive =
                process == getpid()
                ? Registry.shared.isCreating(
                    entryPath.hasSuffix("-lock") ? String(entryPath.dropLast("-lock".count)) : entryPath)
                : kill(process, 0) == 0 || errno == EPERM
            if !isAlive { abandoned.append(entryPath) }
        }
        for path in abandoned { unlink(path) }
    }
}
