import SystemPackage

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String
    private let isMounted: Bool

    init() {
        path = Self.make()
        isMounted = false
    }

    #if os(Linux)
        /// Whether file systems can be mounted here. Tests that need one are skipped otherwise, and counted as such.
        static let canMount = TemporaryFolder(diskOf: 1) != nil

        /// A disk of its own, of so many mebibytes; nil where mounting is not allowed.
        init?(diskOf mebibytes: Int) {
            path = Self.make()
            isMounted = mount("tmpfs", path, "tmpfs", 0, "size=\(mebibytes)m") == 0
            if !isMounted { return nil }
        }
    #endif

    private static func make() -> String {
        var template = Array("/tmp/lmdb-tests-XXXXXX".utf8CString)
        return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    func file(_ name: String = "data.sparse") -> FilePath { FilePath("\(path)/\(name)") }

    /// Names of the entries, sorted.
    var entries: [String] { Self.entries(path) }

    static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    deinit {
        #if os(Linux)
            if isMounted { umount2(path, Int32(MNT_DETACH)) }
        #endif
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        for name in entries(path) where unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

func readBytes(_ path: FilePath) -> [UInt8] {
    let descriptor = open(path.string, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
}

func writeBytes(_ bytes: [UInt8], to path: FilePath) {
    let descriptor = open(path.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}
