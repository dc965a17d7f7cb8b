internal import Platform
public import SparseStore
package import SystemPackage

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

/// Writes a run in the format of trec_eval: 'query Q0 document rank score tag'.
public final class TRECRunWriter {
    private let descriptor: FileDescriptor
    private let name: String
    private let tag: String
    private var buffer: [UInt8] = []

    /// Creates or truncates the file at `path`. The tag names the run in every line.
    public init(path: String, tag: String = "sparsestore") throws(InterchangeError) {
        name = path
        self.tag = tag
        StandardDescriptors.occupy()
        descriptor = try InterchangeError.attempt("write", path) {
            try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
    }

    /// Writes to an open file, and closes it when done.
    ///
    /// - Parameters:
    ///   - descriptor: The file, which is empty or will be overwritten.
    ///   - name: The name of the file in messages.
    package init(descriptor: FileDescriptor, name: String, tag: String = "sparsestore") {
        self.descriptor = descriptor
        self.name = name
        self.tag = tag
    }

    deinit {
        try? descriptor.close()
    }

    /// Adds the answer to one query, best first. The file is only complete after `finish`.
    public func write(query: String, _ hits: [ScoredDocument]) throws(InterchangeError) {
        for (rank, hit) in hits.enumerated() {
            for id in [query, hit.id] where !Self.isWord(id) {
                throw InterchangeError(
                    .invalidInput,
                    "a TREC run cannot contain an id that is empty or has white space or control characters; "
                        + "change the id, or leave out '--run'")
            }
            buffer.append(contentsOf: "\(query) Q0 \(hit.id) \(rank + 1) \(hit.score) \(tag)\n".utf8)
        }
        if buffer.count >= 64 << 10 { try flush() }
    }

    private static func isWord(_ id: String) -> Bool {
        !id.isEmpty
            && id.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0.properties.generalCategory != .control
            }
    }

    /// Writes the buffered bytes.
    public func finish() throws(InterchangeError) {
        try flush()
    }

    private func flush() throws(InterchangeError) {
        let bytes = buffer
        _ = try InterchangeError.attempt("write", name) { try descriptor.writeAll(bytes) }
        buffer.removeAll(keepingCapacity: true)
    }
}
