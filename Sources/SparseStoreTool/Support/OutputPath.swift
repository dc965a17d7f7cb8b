#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Paths of files that a command reads and writes.
enum OutputPath {
    /// Refuses to write over a file that the command reads: a slip of the hand must not cost a store.
    static func check(_ path: String?, option: String, isNoneOf inputs: [String?]) throws {
        guard let path else { return }
        let resolved = absolute(path)
        for input in inputs.compactMap({ $0 }) where input != "-" && absolute(input) == resolved {
            throw CommandFailure(.usage, "\(option) would write over '\(input)', which is read; name another file")
        }
    }

    /// The path from the root, with links followed, where the file is there; as given where it is not.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
