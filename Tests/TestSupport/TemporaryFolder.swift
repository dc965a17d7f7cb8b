package import Foundation
package import SystemPackage

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A folder for one test, which is removed with everything in it when the value goes.
package final class TemporaryFolder: Sendable {
    package let path: String
    private let isMounted: Bool

    package init() {
        path = Self.make()
        isMounted = false
    }

    #if os(Linux)
        /// Whether file systems can be mounted here. Tests that need one are skipped otherwise, and counted as such.
        package static let canMount = TemporaryFolder(diskOf: 1) != nil

        /// A disk of its own, of so many mebibytes; nil where mounting is not allowed.
        package init?(diskOf mebibytes: Int) {
            path = Self.make()
            isMounted = mount("tmpfs", path, "tmpfs", 0, "size=\(mebibytes)m") == 0
            if !isMounted { return nil }
        }
    #endif

    private static func make() -> String {
        var template = Array("/tmp/sparsestore-tests-XXXXXX".utf8CString)
        return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    /// The path of a file in the folder.
    package func file(_ name: String = "data.sparse") -> FilePath { FilePath(path(name)) }

    /// The path of a file in the folder.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    package func write(_ name: String, _ data: Data) throws -> String {
        try data.write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    package func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

    package func read(_ name: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: path(name)), encoding: .utf8)
    }

    package func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

    /// The names of the entries, sorted.
    package var entries: [String] { Self.entries(path) }

    package static func entries(_ path: String) -> [String] {
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
