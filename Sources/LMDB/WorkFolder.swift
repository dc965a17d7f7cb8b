import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

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
        for entry in entries(folder) ?? [] where isName(entry, of: name) {
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

    /// Whether a folder is ours, and nobody works on it; then its record is locked.
    private static func isAbandoned(_ path: String, _ descriptor: Int32, for name: String) -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, let contents = entries(path) else { return false }
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

    /// Deletes what we put into a folder, the record last, and the folder if nothing else is in it.
    ///
    /// - Parameter owner: the open record, which is closed.
    private static func remove(_ path: String, _ owner: Int32) {
        // A file that is itself made in steps has had a folder of its own.
        removeAbandoned(in: path, for: fileName)
        unlink(join(path, fileName))
        unlink(join(path, fileName + "-lock"))
        unlink(join(path, ownerName))
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

    /// The names in a folder; nil if it cannot be read.
    private static func entries(_ folder: String) -> [String]? {
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
}
