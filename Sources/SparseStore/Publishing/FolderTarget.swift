internal import LMDB
internal import Platform
internal import SparseFormat
public import SystemPackage

/// A folder that holds publications, on a local disk or on a shared file system.
///
/// ```swift
/// let target = FolderTarget(at: "/backup/wiki")
/// try store.publish(to: target)
/// ```
public struct FolderTarget: PublicationTarget {
    /// The folder in which objects are written before they get their names.
    private static let incoming = "incoming"
    private static let lockName = "lock"
    private static let known: Set<String> = [
        TargetName.target, TargetName.manifests, TargetName.chunks, incoming, lockName,
    ]

    private let path: String

    /// Creates a target in a folder.
    ///
    /// - Parameter path: The path of the folder. The first publication creates it; its parent must exist.
    public init(at path: FilePath) { self.path = path.string }

    /// Creates a target in a folder. See `init(at:)`.
    ///
    /// - Parameter path: The path of the folder.
    public init(at path: String) { self.path = path }

    /// The path of the folder.
    public var name: String { path }

    /// Returns whether the folder is missing or contains only publications.
    public func isUnused() throws -> Bool {
        try entries(path).allSatisfy { Self.known.contains($0) }
            && entries(join(Self.incoming)).allSatisfy(Self.isIncoming)
    }

    /// Returns the names of the files in a folder, at any depth. Symbolic links to folders are left out: they may lead
    /// back to where they are.
    ///
    /// - Parameter folder: A folder in the target.
    /// - Returns: Names relative to the target; none if the folder does not exist.
    public func names(in folder: String) throws -> [String] {
        var names: [String] = []
        for entry in try entries(join(folder)) {
            let inner = "\(folder)/\(entry)"
            var (status, link) = (stat(), stat())
            guard lstat(join(inner), &link) == 0, stat(join(inner), &status) == 0 else { continue }
            if status.st_mode & S_IFMT != S_IFDIR {
                names.append(inner)
            } else if link.st_mode & S_IFMT == S_IFDIR {
                names += try self.names(in: inner)
            }
        }
        return names
    }

    /// Reads files.
    ///
    /// - Parameter names: Names relative to the target.
    /// - Returns: The content of each file; nil for a missing file.
    public func read(_ names: [String]) throws -> [[UInt8]?] { try names.map { try read($0) } }

    private func read(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        let path = join(name)
        // Opening a pipe would wait for somebody who writes to it.
        let descriptor = StandardDescriptors.openFile(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(errno, path)
        }
        let file = FileDescriptor(rawValue: descriptor)
        defer { try? file.close() }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, path) }
        // A folder or a pipe of this name is not an object; the check for an unused target refuses it.
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let largest =
            name.hasPrefix(TargetName.chunks + "/") ? PublishedChunk.largestFrame : PublicationRecord.maximumBytes
        guard status.st_size <= largest else {
            throw SparseStoreError(
                .corrupted, problem: "'\(path)' has \(status.st_size) bytes, but no object has more than \(largest)",
                remedy: "remove this file from the target")
        }
        var reason: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, filled in
            do {
                while filled < buffer.count {
                    let count = try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
                    guard count > 0 else { break }
                    filled += count
                }
            } catch {
                reason = error as? Errno ?? .ioError
            }
        }
        if let reason { throw failure(reason.rawValue, path) }
        return bytes
    }

    /// Writes files, each durable before it gets its name.
    ///
    /// - Parameter objects: The files.
    public func write(_ objects: [PublishedObject]) throws {
        try makeFolder(Self.incoming)
        var files: [(new: String, name: String)] = []
        defer { for file in files { unlink(file.new) } }
        // Written, then synced, then named: the first sync takes most of the others along.
        var descriptors: [FileDescriptor] = []
        defer { for descriptor in descriptors { try? descriptor.close() } }
        for object in objects {
            let (new, descriptor) = try writeIncoming(object)
            files.append((new, object.name))
            descriptors.append(descriptor)
        }
        for (descriptor, file) in zip(descriptors, files) { try sync(descriptor, file.new) }
        var folders: Set<String> = []
        for file in files {
            let folder = String(file.name[..<(file.name.lastIndex(of: "/") ?? file.name.startIndex)])
            if folders.insert(folder).inserted { try makeFolder(folder) }
            guard rename(file.new, join(file.name)) == 0 else { throw failure(errno, join(file.name)) }
        }
        for folder in folders { try syncFolder(join(folder)) }
    }

    /// Writes a file unless one with its name exists.
    ///
    /// - Parameter object: The file.
    /// - Returns: False if a file with this name already exists.
    public func create(_ object: PublishedObject) throws -> Bool {
        try makeFolder(Self.incoming)
        let folder = object.name.lastIndex(of: "/").map { String(object.name[..<$0]) } ?? ""
        try makeFolder(folder)
        let (new, descriptor) = try writeIncoming(object)
        defer {
            try? descriptor.close()
            unlink(new)
        }
        try sync(descriptor, new)
        let status = Environment.moveWithoutReplacing(new, join(object.name))
        guard status == 0 || status == EEXIST else { throw failure(status, join(object.name)) }
        try syncFolder(join(folder))
        return status == 0
    }

    /// Removes files.
    ///
    /// - Parameter names: Names relative to the target. Missing files are ignored.
    public func remove(_ names: [String]) throws {
        for name in names {
            guard unlink(join(name)) == 0 || errno == ENOENT else { throw failure(errno, join(name)) }
        }
        for folder in Set(names.compactMap { name in name.lastIndex(of: "/").map { String(name[..<$0]) } }) {
            try syncFolder(join(folder))
        }
    }

    /// Runs `body` with a lock on the folder. Waits up to a minute for other processes. The lock ends with the process.
    ///
    /// - Parameters:
    ///   - alone: Whether to exclude publishers as well.
    ///   - body: Reads and writes the target.
    /// - Throws: `busy`, and the errors of `body`.
    /// - Returns: The result of `body`.
    public func hold<R>(alone: Bool, _ body: () throws -> R) throws -> R {
        // Somebody else's folder gets no lock file, and nothing in it is removed.
        let isTarget = try read(TargetName.target).map { (try? TargetRecord($0)) != nil } ?? false
        guard try isTarget || isUnused() else { throw isTaken }
        try makeFolder("")
        let path = join(Self.lockName)
        let descriptor = StandardDescriptors.openFile(path, O_RDWR | O_CREAT, mode: 0o600)
        guard descriptor >= 0 else { throw failure(errno, path) }
        defer { try? FileDescriptor(rawValue: descriptor).close() }
        // No other process works here, so a killed one has left the unnamed files.
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
            for entry in try entries(join(Self.incoming)) where Self.isIncoming(entry) {
                unlink(join("\(Self.incoming)/\(entry)"))
            }
        }
        try lock(descriptor, alone: alone)
        return try body()
    }

    /// Locks of open files end with the process.
    private func lock(_ descriptor: Int32, alone: Bool) throws {
        let end = ContinuousClock.now + .seconds(60)
        while flock(descriptor, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            // A file system without locks has nobody to wait for.
            guard errno == EWOULDBLOCK || errno == EINTR else { return }
            guard ContinuousClock.now < end else {
                throw SparseStoreError(
                    .busy,
                    problem: "'\(path)' is in use by another process that "
                        + "\(alone ? "publishes" : "removes publications")",
                    remedy: "try again when it has ended")
            }
            usleep(10_000)
        }
    }

    private func writeIncoming(_ object: PublishedObject) throws -> (String, FileDescriptor) {
        let word = String(UInt64.random(in: .min ... .max), radix: 16)
        let new = join("\(Self.incoming)/new-\(String(repeating: "0", count: 16 - word.count))\(word)")
        let descriptor = StandardDescriptors.openFile(new, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        guard descriptor >= 0 else { throw failure(errno, new) }
        let file = FileDescriptor(rawValue: descriptor)
        do {
            try file.writeAll(object.bytes)
        } catch {
            try? file.close()
            unlink(new)
            throw failure((error as? Errno ?? .ioError).rawValue, new)
        }
        return (new, file)
    }

    /// Returns whether a file in `incoming` may be one of ours.
    private static func isIncoming(_ name: String) -> Bool {
        let digits = name.utf8.dropFirst(4)
        return name.hasPrefix("new-") && digits.count == 16
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func sync(_ file: FileDescriptor, _ path: String) throws {
        guard fsync(file.rawValue) == 0 else { throw failure(errno, path) }
    }

    /// Makes a folder below the target, and those it is in, durably.
    private func makeFolder(_ folder: String) throws {
        let path = join(folder)
        var status = stat()
        if stat(path, &status) == 0 { return }
        if !folder.isEmpty { try makeFolder(folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? "") }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(errno, path) }
        try syncFolder(FilePath(path).removingLastComponent().string)
    }

    private func syncFolder(_ path: String) throws {
        let descriptor = StandardDescriptors.openFile(path.isEmpty ? "." : path, O_RDONLY)
        guard descriptor >= 0 else { throw failure(errno, path) }
        defer { try? FileDescriptor(rawValue: descriptor).close() }
        // Some file systems cannot sync a folder and say EINVAL: then there is nothing to be done.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno, path) }
    }

    private func entries(_ folder: String) throws -> [String] {
        StandardDescriptors.occupy()
        guard let names = Filesystem.entries(folder) else {
            if errno == ENOENT { return [] }
            throw failure(errno, folder)
        }
        return names
    }

    private func join(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

    private func failure(_ reason: Int32, _ path: String) -> SparseStoreError {
        SparseStoreError(LMDBError(errno: reason, operation: "publish", path: path))
    }
}
