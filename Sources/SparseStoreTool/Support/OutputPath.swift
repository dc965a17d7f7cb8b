internal import ArgumentParser
internal import Platform
internal import SystemPackage

/// Opens the files that a command writes.
enum OutputPath {
    /// Opens a file for writing without truncating it, and creates it if it does not exist.
    ///
    /// - Parameters:
    ///   - option: The option that names the file.
    ///   - files: The files that the command reads, and its store. None of them may be overwritten.
    /// - Returns: The descriptor, and whether it is that of a regular file, which `emptied` is for.
    /// - Throws: `usage` if the path leads to one of the files under any name. No file is changed or created then.
    static func open(
        _ path: String, option: String, sparing files: UsedFiles
    ) throws -> (descriptor: FileDescriptor, isRegular: Bool) {
        var status = stat()
        let isNew = stat(path, &status) != 0
        let descriptor = try FileDescriptor.open(
            FilePath(path), .readWrite, options: [.create, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        do {
            // Comparing paths is not enough: a hard link, a link to a folder or other letter case can lead to the same
            // file. The check must follow the opening, because a store that does not exist yet has no inode.
            let opened = FileID(descriptor.rawValue)
            if let opened, let used = files.name(of: opened) {
                if isNew { unlink(absolute(path)) }
                throw CommandFailure(
                    .usage, "\(option) '\(path)' would overwrite \(used); name another file")
            }
            return (descriptor, opened != nil)
        } catch {
            try? descriptor.close()
            throw error
        }
    }

    /// Whether a path leads to a folder.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The absolute path with links resolved if the file exists; otherwise the path as given.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// A folder that a command fills, and that gets its final name when it is complete. Until then its name has the suffix
/// ".part".
struct NewFolder {
    private let path: String
    /// Creates the folder to fill. Files that an interrupted command has left there are kept.
    let work: String

    /// - Throws: `usage` if the final folder exists and is not empty.
    init(_ path: String) throws {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        work = path + ".part"
        var status = stat()
        if stat(path, &status) == 0, rmdir(path) != 0 {
            throw CommandFailure(
                .usage, "'\(path)' already exists and is not an empty folder; name another folder, or remove it")
        }
        guard mkdir(work, 0o777) == 0 || OutputPath.isFolder(work) else {
            throw CommandFailure(
                .io, "cannot create the folder '\(work)': \(String(cString: strerror(errno))); check the path")
        }
    }

    /// Renames the folder to its final name.
    func finish() throws {
        guard rename(work, path) == 0 else {
            throw CommandFailure(
                .io,
                "'\(work)' is complete but cannot be renamed to '\(path)': \(String(cString: strerror(errno))); "
                    + "rename it by hand")
        }
    }
}

/// The identity of a regular file, whatever its name.
struct FileID: Equatable {
    private let device: UInt64
    private let inode: UInt64

    /// The file at a path, with links followed; nil if there is no regular file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The file of a descriptor; nil if it is not a regular file.
    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// The files that a command reads, and its store. The command must not overwrite any of them.
struct UsedFiles {
    private var files: [(path: String, name: String)] = []

    /// - Parameters:
    ///   - store: The path of the store, which does not have to exist yet.
    ///   - inputs: The files to read, "-" for standard input; nil for an option that is not given.
    init(store: String? = nil, inputs: [String?] = []) {
        if let store {
            files.append((store, "the store"))
            for path in [store + "-lock", OutputPath.absolute(store) + "-lock"] {
                files.append((path, "the lock file of the store"))
            }
        }
        for input in inputs.compactMap(\.self) {
            files.append((input, input == "-" ? "standard input" : "the input '\(input)'"))
        }
    }

    /// The role of a file in the command; nil if it is none of these files.
    func name(of file: FileID) -> String? {
        files.first { ($0.path == "-" ? FileID(STDIN_FILENO) : FileID($0.path)) == file }?.name
    }

    /// Throws if the shell redirects the results or messages of the command to one of the files, as in `>>
    /// wiki.sparse`.
    func requireOtherStandardStreams() throws {
        for (descriptor, stream) in [(STDOUT_FILENO, "standard output"), (STDERR_FILENO, "standard error")] {
            guard let file = FileID(descriptor), let used = name(of: file) else { continue }
            // The error message must not overwrite the file either.
            if descriptor == STDERR_FILENO { dup2(STDOUT_FILENO, STDERR_FILENO) }
            throw CommandFailure(.usage, "\(stream) would overwrite \(used); redirect it to another file")
        }
    }
}

/// A buffered stream of text.
final class Output {
    private let descriptor: FileDescriptor
    private let name: String
    private var buffer: [UInt8] = []

    init(_ descriptor: FileDescriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Standard output, for the thread that runs the command.
    nonisolated(unsafe) static let standard = Output(.standardOutput, name: "standard output")

    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 64 << 10 { try flush() }
    }

    func write(bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= 64 << 10 { try flush() }
    }

    /// Writes the buffered text and closes the file.
    func finish() throws {
        try flush()
        try descriptor.close()
    }

    func flush() throws {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        do {
            try descriptor.writeAll(bytes)
        } catch let errno as Errno {
            let status: ExitStatus = errno == .noSpace ? .diskFull : .io
            throw CommandFailure(status, "cannot write to \(name): \(errno); check where it is redirected")
        }
    }

    /// Writes to standard error immediately. A failure is ignored, because there is no way to report it.
    static func note(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }

    /// Writes an error as one line.
    static func complain(_ message: String) {
        note("sparsestore: \(message)\n")
    }
}

/// Standard input, which options name as "-". Only one option of a command may name it.
enum StandardInput {
    /// - Parameter files: The files that the options name, in order.
    /// - Throws: A usage error if two options both read standard input.
    static func checkIsReadOnce(_ files: KeyValuePairs<String, String?>) throws {
        let readers = files.filter { $0.value == "-" }.map(\.key)
        guard readers.count > 1 else { return }
        throw ValidationError("\(readers[0]) and \(readers[1]) both read standard input; give one of them a file")
    }
}
