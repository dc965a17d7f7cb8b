internal import SparseStore

/// Reads documents from JSON Lines: `{"id": string or integer, "content" or "contents": string, "vector": {term:
/// weight}, "tags": [string], "attributes": {name: value}}`, one object per line, and everything that `DocumentJSON`
/// writes.
///
/// Unknown fields and blank lines are skipped, and weights of exactly zero are dropped. A bad line is rejected, and
/// reading continues. The memory is twice the longest line, which has at most 64 MiB.
public final class JSONLinesReader: DocumentReader {
    /// The format of the input: `jsonl` or `json`.
    public let format: InputFormat

    private let source: ByteSource
    /// Splits the source into lines, or into JSON values by their brackets.
    private let lines: any RecordReader
    private var parser: DocumentParser
    private let lineLimit: Int

    /// Reads `source` from its current position.
    ///
    /// - Parameters:
    ///   - source: The lines.
    ///   - format: `jsonl`; or `json` for one array of objects, or for objects over several lines.
    ///   - paths: The paths of the id and the vector in an object.
    ///   - payload: The field that becomes the payload.
    ///   - dates: The attributes whose strings are dates in the form of RFC 3339.
    ///   - position: The position where an earlier reading stopped; the source is advanced to it.
    ///   - lineLimit: The maximum length of a line, in bytes.
    ///   - rules: What happens to weights and fields that a store does not accept unchanged.
    public convenience init(
        source: ByteSource, format: InputFormat = .jsonl, paths: FieldPaths = FieldPaths(),
        payload: PayloadField = .content, dates: Set<String> = [], from position: InputPosition = InputPosition(),
        lineLimit: Int = InterchangeLimits.lineBytes, rules: ReadingRules = ReadingRules()
    ) throws(InterchangeError) {
        try self.init(
            source: source, format: format, paths: paths, payload: payload, dates: dates, from: position,
            lineLimit: lineLimit, rules: rules, readsQueries: false)
    }

    /// Same as above; with `readsQueries`, vectors may have negative weights, or none.
    init(
        source: ByteSource, format: InputFormat = .jsonl, paths: FieldPaths = FieldPaths(),
        payload: PayloadField = .content, dates: Set<String> = [], from position: InputPosition = InputPosition(),
        lineLimit: Int = InterchangeLimits.lineBytes, rules: ReadingRules = ReadingRules(), readsQueries: Bool
    ) throws(InterchangeError) {
        self.format = format
        if position.offset > 0 { try Self.resume(source, at: position.offset, endingLine: format == .jsonl) }
        self.source = source
        self.lineLimit = lineLimit
        lines =
            format == .jsonl
            ? LineReader(source: source, limit: lineLimit, after: position.number)
            : JSONValueReader(source: source, limit: lineLimit, after: position.number)
        parser = DocumentParser(
            payload: payload, paths: paths, acceptingEmpty: readsQueries, acceptingNegative: readsQueries,
            rules: rules, dates: dates)
    }

    /// The position after the last line read.
    public var position: InputPosition { InputPosition(offset: lines.offset, number: lines.number) }

    /// The fraction of the input's bytes that have been read.
    public var progress: Double? {
        guard let size = source.rawSize, size > 0 else { return nil }
        return min(Double(source.rawOffset) / Double(size), 1)
    }

    /// The size of the input on disk.
    public var inputSize: UInt64? { source.rawSize }

    /// The number of invalid weights that were dropped from the documents read so far.
    public var droppedWeights: Int { parser.droppedWeights }

    /// Returns the next document or reject.
    public func next() throws(InterchangeError) -> DocumentRow? {
        while let line = try lines.next() {
            if line.isTooLong {
                parser.skipLine()
                return .reject(
                    Reject(number: lines.number, reason: "the \(format.unit) is longer than \(lineLimit) bytes"))
            }
            do throws(JSONFault) {
                guard let document = try parser.parse(line.bytes) else { continue }
                return .document(document, number: lines.number)
            } catch {
                return .reject(
                    Reject(number: lines.number, reason: error.text, concernsWeight: error.concernsWeight))
            }
        }
        return nil
    }

    /// Advances to `offset`, where a line must begin or a value must have ended.
    static func resume(
        _ source: ByteSource, at offset: UInt64, endingLine: Bool = true
    ) throws(InterchangeError) {
        try source.skip(to: offset - 1)
        let before = try source.read(count: 1)
        // The last line of a file may lack its line feed; nothing can follow it.
        let isLast = try source.peek(1).isEmpty
        guard before == (endingLine ? [0x0A] : [UInt8(ascii: "}")]) || (isLast && !before.isEmpty) else {
            throw InterchangeError(
                .invalidInput,
                "no line of '\(source.name)' begins at byte \(offset), where the last load stopped, so "
                    + "the file has changed; load it without --resume")
        }
    }
}
