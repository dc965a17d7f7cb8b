internal import SparseStore

/// Reads texts without vectors: JSON Lines, `{"id": string or integer, FIELD: string, "tags": [string]}`, or lines of
/// an id, a tab and a text. The two are distinguished line by line, because JSON begins with a brace.
///
/// A document has its text as payload, and no terms; other fields are skipped. A bad line is rejected, and reading
/// continues. The memory is twice the longest line, which has at most 64 MiB.
public final class TextReader: DocumentReader {
    private let source: ByteSource
    private let lines: LineReader
    private let fields: [[UInt8]]
    private var scratch: [UInt8] = []

    /// Reads `source` from its current position.
    ///
    /// - Parameters:
    ///   - source: The bytes of the input.
    ///   - fields: The JSON fields that may have the text; the first one that a line has is used.
    ///   - position: The position where an earlier reading stopped; the source is advanced to it.
    public init(
        source: ByteSource, fields: [String], from position: InputPosition = InputPosition()
    ) throws(InterchangeError) {
        if position.offset > 0 { try JSONLinesReader.resume(source, at: position.offset) }
        self.source = source
        self.fields = fields.map { Array($0.utf8) }
        lines = LineReader(source: source, after: position.number)
    }

    /// JSON Lines.
    public var format: InputFormat { .jsonl }

    /// The position after the last line read.
    public var position: InputPosition { InputPosition(offset: lines.offset, number: lines.number) }

    /// The fraction of the input's bytes that have been read.
    public var progress: Double? {
        guard let size = source.rawSize, size > 0 else { return nil }
        return min(Double(source.rawOffset) / Double(size), 1)
    }

    /// The size of the input on disk.
    public var inputSize: UInt64? { source.rawSize }

    /// Returns the next text as a document without terms, or a reject.
    public func next() throws(InterchangeError) -> DocumentRow? {
        while let line = try lines.next() {
            if line.isTooLong {
                return .reject(
                    Reject(number: lines.number, reason: "the line is longer than \(InterchangeLimits.lineBytes) bytes")
                )
            }
            do throws(JSONFault) {
                guard let document = try parse(line.bytes) else { continue }
                return .document(document, number: lines.number)
            } catch {
                return .reject(Reject(number: lines.number, reason: error.text))
            }
        }
        return nil
    }

    private func parse(_ line: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> Document? {
        if let invalid = UTF8Check.firstInvalid(in: line) { throw JSONFault(.invalidUTF8, at: invalid) }
        var scanner = JSONScanner(line)
        guard let first = scanner.peek() else { return nil }
        return first == UInt8(ascii: "{") ? try parseObject(&scanner) : try Self.parseTabs(line)
    }

    /// Parses an id, a tab and a text.
    private static func parseTabs(_ line: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> Document {
        guard let tab = line.firstIndex(of: 0x09) else { throw JSONFault(.expectedTextLine) }
        let id = String(decoding: line[..<tab], as: UTF8.self)
        try check(id)
        let end = line.last == 0x0D ? line.count - 1 : line.count
        return Document(id: id, terms: [WeightedTerm](), payload: Array(line[(tab + 1)..<max(end, tab + 1)]))
    }

    private static func check(_ id: String) throws(JSONFault) {
        guard (1...Limits.maximumIdentifierBytes).contains(id.utf8.count) else { throw JSONFault(.identifierLength) }
    }

    private func parseObject(_ scanner: inout JSONScanner) throws(JSONFault) -> Document {
        var id: String?
        var tags: [String] = []
        var text: (rank: Int, bytes: [UInt8])?
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                let name = try string(&scanner, or: .expectedKey)
                try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
                if name.elementsEqual("id".utf8) {
                    guard id == nil else { throw JSONFault(.duplicateKey, at: scanner.position) }
                    id = try parseID(&scanner)
                } else if name.elementsEqual("tags".utf8) {
                    tags = try parseTags(&scanner)
                } else if let rank = fields.firstIndex(of: name) {
                    guard text?.rank != rank else { throw JSONFault(.duplicateKey, at: scanner.position) }
                    let found = try scanner.takeNull() ? nil : try string(&scanner, or: .payloadNotString)
                    if let found, rank < text?.rank ?? .max { text = (rank, found) }
                } else {
                    try scanner.skipValue()
                }
            } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        }
        try scanner.expectEnd()
        guard let id else { throw JSONFault(.missingID) }
        try Self.check(id)
        guard let text else { throw JSONFault(.missingText) }
        return Document(id: id, terms: [WeightedTerm](), payload: text.bytes, tags: tags)
    }

    private func parseID(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
        if scanner.peek() == UInt8(ascii: "\"") {
            return String(decoding: try string(&scanner, or: .invalidID), as: UTF8.self)
        }
        let start = scanner.position
        let token = try scanner.scanNumber()
        guard token.isInteger, !(token.isNegative && token.mantissa == 0) else {
            throw JSONFault(.invalidID, at: start)
        }
        return String(decoding: UnsafeRawBufferPointer(rebasing: scanner.bytes[token.range]), as: UTF8.self)
    }

    private func parseTags(_ scanner: inout JSONScanner) throws(JSONFault) -> [String] {
        if try scanner.takeNull() { return [] }
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        var tags: [String] = []
        guard !scanner.take(UInt8(ascii: "]")) else { return tags }
        repeat {
            tags.append(String(decoding: try string(&scanner, or: .tagNotString), as: UTF8.self))
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        return tags
    }

    private func string(_ scanner: inout JSONScanner, or reason: JSONFault.Reason) throws(JSONFault) -> [UInt8] {
        let token = try scanner.scanString(unescapingInto: &scratch, or: reason)
        return scanner.withText(of: token, scratch: scratch) { Array($0) }
    }
}

/// A file of queries in plain words.
public enum TextQueries {
    /// The JSON fields that may have a query.
    public static let fields = ["text", "query", "content", "contents"]

    /// Whether the first line is a query in plain words and not a vector. The line is not consumed.
    public static func areGiven(by source: ByteSource) throws(InterchangeError) -> Bool {
        let head = try source.peek(1 << 16)
        let line = head.prefix { $0 != 0x0A }
        guard !head.prefix(8).contains(0), let first = line.first(where: { $0 != 0x20 }) else { return false }
        guard first == UInt8(ascii: "{") else { return line.contains(0x09) }
        func has(_ field: String) -> Bool { line.firstRange(of: Array("\"\(field)\"".utf8)) != nil }
        return !has("vector") && line.count < head.count && fields.contains(where: has)
    }

    /// Reads the queries of `source`, without vectors.
    ///
    /// - Throws: `invalidInput`, with the number of the first line that is not a query.
    public static func read(_ source: ByteSource) throws(InterchangeError) -> [QueryRecord] {
        let reader = try TextReader(source: source, fields: fields)
        var queries: [QueryRecord] = []
        while let row = try reader.next() {
            guard reader.position.offset <= UInt64(InterchangeLimits.wholeFileBytes) else {
                throw InterchangeError(
                    .limitExceeded,
                    "'\(source.name)' has more than \(InterchangeLimits.wholeFileBytes >> 20) MiB of queries; split it"
                )
            }
            switch row {
            case .document(let document, _):
                let text = String(decoding: document.payload ?? [], as: UTF8.self)
                queries.append(QueryRecord(id: document.id, query: nil, text: text))
            case .reject(let reject):
                throw InterchangeError(
                    .invalidInput,
                    "line \(reject.number) of '\(source.name)' is not a query: \(reject.reason); correct the line")
            }
        }
        return queries
    }
}
