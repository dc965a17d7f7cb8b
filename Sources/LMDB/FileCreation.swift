import CLMDB
import Platform
package import SystemPackage

// A new database is created next to its final path and renamed when complete: a power cut while liblmdb writes the
// first two pages would leave a file that cannot be opened.
extension Environment {
    /// Returns when a complete file is at the path, created by this or another process.
    static func createFile(
        _ path: FilePath, _ canonicalPath: String, options: EnvironmentOptions, tables names: [String],
        create: (borrowing LMDBWriteTransaction, [Table]) throws -> Void
    ) throws {
        if !options.allowsNetworkFilesystem {
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
        create: (borrowing LMDBWriteTransaction, [Table]) throws -> Void
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

extension Environment {
    /// Creates a file at a path where none exists. The file is filled next to its final path and appears there complete
    /// and durable, or not at all. Leftovers of a crash are removed by the next call for the same path.
    ///
    /// - Parameter fill: Creates the file at the path it is given, durable when it returns. A lock file next to it is
    ///   removed.
    package static func place(
        at target: FilePath, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws {
        let canonicalTarget = try requireNothing(at: target, operation: operation)
        let status = try makeBeside(canonicalTarget, operation: operation, fill)
        guard status != EEXIST else { throw targetExists(target, operation) }
        guard status == 0 else { throw Filesystem.error(status, operation, target.string) }
    }

    /// Fills a file next to its final path, then moves it there and syncs the folder. Returns 0, or the errno if it
    /// could not be moved.
    private static func makeBeside(
        _ canonicalTarget: String, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws -> Int32 {
        let work = try WorkFolder.make(beside: canonicalTarget, operation: operation)
        defer { work.remove() }
        try fill(work.file)
        let status = moveWithoutReplacing(work.file, canonicalTarget)
        if status == 0 || status == EEXIST {
            try Filesystem.syncFolder(Filesystem.split(canonicalTarget).folder, operation: operation)
        }
        return status
    }

    /// Throws if a file exists at the path. Returns the path with links resolved.
    @discardableResult
    package static func requireNothing(at target: FilePath, operation: String) throws(LMDBError) -> String {
        guard case .missing(let canonicalTarget) = try Filesystem.resolve(target, operation: operation) else {
            throw targetExists(target, operation)
        }
        return canonicalTarget
    }

    static func targetExists(_ target: FilePath, _ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, problem: "a file with this name already exists",
            remedy: "remove it, or choose another path",
            operation: operation, path: target.string, underlying: EEXIST)
    }
}

/// A folder in which a file is built before it is moved to its final path next to the folder.
///
/// Leftovers of a crash are removed when the next file is created for the same path. A name does not prove that a
/// folder is a work folder: users may copy a file to `wiki.sparse.new-2`. The folder therefore has a record `owner`
/// that identifies it. A folder without the record, or with any file that SparseStore does not put there, is never
/// touched. The creator keeps a lock on the record, which ends with the process and works across containers, where
/// process IDs have no meaning.
struct WorkFolder {
    /// The path where the file is built.
    var file: String { "\(path)/\(Self.fileName)" }

    private let path: String
    private let owner: Int32

    private static let fileName = "data"
    private static let ownerName = "owner"

    /// The content of the record.
    private static func record(for name: String) -> [UInt8] {
        Array("SparseStore builds the file '\(name)' here. The folder is removed when no process uses it.\n".utf8)
    }

    /// Removes leftovers of crashes for the file at `target`, and creates a work folder for it.
    ///
    /// - Parameter target: The canonical path of a file, which does not have to exist.
    static func make(beside target: String, operation: String) throws(LMDBError) -> WorkFolder {
        let (folder, name) = Filesystem.split(target)
        removeAbandoned(in: folder, for: name)
        while true {
            let word = String(UInt64.random(in: .min ... .max), radix: 16)
            let path = join(folder, prefix(for: name) + String(repeating: "0", count: 16 - word.count) + word)
            guard mkdir(path, 0o700) == 0 else {
                guard errno == EEXIST else { throw Filesystem.error(errno, operation, target) }
                continue
            }
            do throws(LMDBError) {
                return try WorkFolder(path, record: record(for: name), operation: operation, target: target)
            } catch {
                guard error.underlying == ENOENT, access(path, F_OK) != 0 else { throw error }
                // Without its record, another process may have removed the folder; start over.
            }
        }
    }

    /// Writes the record into an empty folder. If it fails, nothing is left.
    private init(_ path: String, record: [UInt8], operation: String, target: String) throws(LMDBError) {
        let ownerPath = Self.join(path, Self.ownerName)
        let descriptor = StandardDescriptors.openFile(ownerPath, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        var status = descriptor < 0 ? errno : 0
        if status == 0 {
            // On a file system without locks, no process can mistake this folder for an abandoned one.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { status = ENOENT }
            if status == 0 {
                let written = write(descriptor, record, record.count)
                // A full disk may cause a short write.
                if written != record.count { status = written < 0 ? errno : ENOSPC }
            }
            // The record only helps after a power cut if it and its name are durable before the file is.
            if status == 0, fsync(descriptor) != 0 { status = errno }
            if status == 0 {
                do { try Filesystem.syncFolder(path, operation: operation) } catch { status = error.underlying }
            }
            if status == 0, access(ownerPath, F_OK) != 0 { status = ENOENT }
        }
        guard status == 0 else {
            if descriptor >= 0 { closeDescriptor(descriptor) }
            unlink(ownerPath)
            rmdir(path)
            throw Filesystem.error(status, operation, target)
        }
        self.path = path
        owner = descriptor
    }

    /// Removes the folder and what is left in it. Call it once.
    func remove() { Self.remove(path, owner) }

    // MARK: Leftovers of crashes

    /// Removes the work folders for a file whose creators are gone.
    static func removeAbandoned(in folder: String, for name: String) {
        for entry in Filesystem.entries(folder) ?? [] where isName(entry, of: name) {
            let path = join(folder, entry)
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
            removeIfAbandoned(path, for: name)
        }
    }

    private static func removeIfAbandoned(_ path: String, for name: String) {
        let descriptor = StandardDescriptors.openFile(join(path, ownerName), O_RDONLY | O_NOFOLLOW)
        guard descriptor >= 0 else {
            // A crash right after the folder was created. Removing an empty folder loses nothing.
            if errno == ENOENT { rmdir(path) }
            return
        }
        if isAbandoned(path, descriptor, for: name) { remove(path, descriptor) } else { closeDescriptor(descriptor) }
    }

    /// Returns whether a folder is ours and no process works on it. If so, its record is locked.
    private static func isAbandoned(_ path: String, _ descriptor: Int32, for name: String) -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, let contents = Filesystem.entries(path) else { return false }
        let record = record(for: name)
        var bytes = [UInt8](repeating: 0, count: record.count + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { return false }
        if bytes[..<count].elementsEqual(record) {
            return contents.allSatisfy {
                [ownerName, fileName, fileName + "-lock"].contains($0) || isName($0, of: fileName)
            }
        }
        // A crash while the record was written: a power cut may leave zeros where bytes are missing.
        return contents == [ownerName] && count <= record.count
            && zip(bytes[..<count], record).allSatisfy { $0 == $1 || $0 == 0 }
    }

    /// Deletes our files in a folder, the record last, and then the folder if it is empty.
    ///
    /// - Parameter owner: The descriptor of the open record, which is closed.
    private static func remove(_ path: String, _ owner: Int32) {
        // The file may have been made in steps, in a folder inside this one.
        removeAbandoned(in: path, for: fileName)
        for name in [fileName, fileName + "-lock"] { unlink(join(path, name)) }
        // A file that could not be removed keeps the record, so that the next call for the same path removes both.
        if (Filesystem.entries(path) ?? []).allSatisfy({ $0 == ownerName }) { unlink(join(path, ownerName)) }
        // NFS and FUSE keep a deleted file in its folder under another name for as long as it is open.
        closeDescriptor(owner)
        rmdir(path)
    }

    private static func prefix(for name: String) -> String { name + ".new-" }

    /// Whether a folder with this name may be a work folder for the file `name`; its record decides.
    static func isName(_ entry: String, of name: String) -> Bool {
        let prefix = prefix(for: name).utf8
        guard entry.utf8.starts(with: prefix) else { return false }
        let digits = entry.utf8.dropFirst(prefix.count)
        return digits.count == 16 && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }
}

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
