public import SparseStore

/// The rankings of a run in the format of trec_eval: lines of 'query Q0 document rank score tag', separated by white
/// space. The score determines the rank; the rank column is ignored, as in trec_eval.
public struct TRECRun: Sendable {
    /// The documents of each query with their scores, in the order of the file. Query ids are compared byte for byte.
    public let rankings: [TextKey: [ScoredDocument]]

    /// The maximum length of a line, in bytes.
    private static let lineBytes = 64 << 10

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    ///
    /// - Throws: `limitExceeded` if there are more than `InterchangeLimits.wholeFileBytes`; `invalidInput`, which names
    ///   the first bad line, if a line does not have this form or its score is not a finite number.
    public init(source: ByteSource) throws(InterchangeError) {
        let lines = LineReader(source: source, limit: Self.lineBytes)
        var rankings: [TextKey: [ScoredDocument]] = [:]
        while let line = try lines.next() {
            guard lines.offset <= UInt64(InterchangeLimits.wholeFileBytes) else {
                throw InterchangeError(
                    .limitExceeded,
                    "'\(source.name)' has more than \(InterchangeLimits.wholeFileBytes) bytes; "
                        + "keep fewer documents per query")
            }
            let fields = String(decoding: line.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            if fields.isEmpty, !line.isTooLong { continue }
            guard !line.isTooLong, fields.count == 6 else {
                throw InterchangeError(
                    .invalidInput,
                    "line \(lines.number) of '\(source.name)' is not 'query Q0 document rank score tag'; "
                        + "correct the line")
            }
            guard let score = Float(fields[4]), score.isFinite else {
                throw InterchangeError(
                    .invalidInput,
                    "line \(lines.number) of '\(source.name)': the score, its fifth column, is not a finite number; "
                        + "correct the line")
            }
            rankings[TextKey(String(fields[0])), default: []].append(
                ScoredDocument(id: String(fields[2]), score: score))
        }
        self.rankings = rankings
    }
}
