#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where the files of a matrix lie beside each other, as lsr-benchmark (github.com/reneuir/lsr-benchmark) lays them out:
/// `doc/doc-embeddings.npz` beside `doc/doc-ids.txt`, and `query/query-embeddings.npz` beside `query/query-ids.txt`.
public enum MatrixFile {
    /// The file with the ids of the rows of `NAME-embeddings.npz`, which is `NAME-ids.txt`; nil when there is none.
    public static func idsBeside(_ path: String) -> String? {
        let suffix = "-embeddings.npz"
        guard path.utf8.count > suffix.utf8.count, path.hasSuffix(suffix) else { return nil }
        let ids = path.dropLast(suffix.count) + "-ids.txt"
        return FileManager.default.isReadableFile(atPath: String(ids)) ? String(ids) : nil
    }

    /// The matrix in `path` when that is a folder: of the documents or, with `isQueries`, of the queries. A path that is
    /// no such folder stays what it is.
    public static func resolve(_ path: String, isQueries: Bool = false) -> String {
        let name = isQueries ? "query" : "doc"
        for candidate in ["\(path)/\(name)-embeddings.npz", "\(path)/\(name)/\(name)-embeddings.npz"]
        where FileManager.default.isReadableFile(atPath: candidate) { return candidate }
        return path
    }
}
