public import SparseStore

/// Judgements of relevance: lines of 'query document grade', or of 'query iteration document grade' as TREC writes them,
/// separated by white space.
public struct Qrels: Sendable {
    /// The grade of each judged document of each judged query; ids are compared byte for byte, as a store does.
    public let grades: [TextKey: [TextKey: Int]]

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads what `source` gives.
    public init(source: ByteSource) throws(InterchangeError) {
        let lines = LineReader(source: source, limit: 64 << 10)
        var grades: [TextKey: [TextKey: Int]] = [:]
        while let line = try lines.next() {
            let fields = String(decoding: line.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            if fields.isEmpty, !line.isTooLong { continue }
            guard !line.isTooLong, fields.count == 3 || fields.count == 4, let grade = Int(fields[fields.count - 1])
            else {
                // The collections of BEIR name their columns in the first line.
                if lines.number == 1, fields.count == 3, fields[2] == "score" { continue }
                throw InterchangeError(
                    .invalidInput,
                    "line \(lines.number) of '\(source.name)' is not 'query document grade'; "
                        + "correct the line")
            }
            let (query, document) = (TextKey(String(fields[0])), TextKey(String(fields[fields.count - 2])))
            grades[query, default: [:]][document] = grade
        }
        self.grades = grades
    }
}
