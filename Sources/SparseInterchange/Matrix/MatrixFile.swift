#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Finds the files that belong to a matrix in the layout of lsr-benchmark (github.com/reneuir/lsr-benchmark):
/// `doc/doc-embeddings.npz` next to `doc/doc-ids.txt`, and `query/query-embeddings.npz` next to `query/query-ids.txt`.
public enum MatrixFile {
    /// Returns the file with the ids of the rows of `NAME-embeddings.npz`, which is `NAME-ids.txt`; nil if it does not
    /// exist.
    public static func idsBeside(_ path: String) -> String? {
        let suffix = "-embeddings.npz"
        guard path.utf8.count > suffix.utf8.count, path.hasSuffix(suffix) else { return nil }
        let ids = path.dropLast(suffix.count) + "-ids.txt"
        return FileManager.default.isReadableFile(atPath: String(ids)) ? String(ids) : nil
    }

    /// Returns the matrix in `path` if that is such a folder: that of the documents or, with `isQueries`, of the
    /// queries. Other paths are returned unchanged.
    public static func resolve(_ path: String, isQueries: Bool = false) -> String {
        let name = isQueries ? "query" : "doc"
        for candidate in ["\(path)/\(name)-embeddings.npz", "\(path)/\(name)/\(name)-embeddings.npz"]
        where FileManager.default.isReadableFile(atPath: candidate) { return candidate }
        return path
    }
}
