public import SparseStore

/// Judgments of relevance.
///
/// Read are lines of 'query document grade', or of 'query iteration document grade' as TREC writes them, separated by white
/// space or by commas; a first line may name the columns. Read is also one JSON object of grades by query and document,
/// `{"q1": {"d1": 1}}`. A grade is a whole number, which may be written as 1.0.
public struct Qrels: Sendable {
    /// The grade of each judged document of each judged query; ids are compared byte for byte, as a store does.
    public private(set) var grades: [TextKey: [TextKey: Int]] = [:]
    /// How many judgments stood there again, with the same grade.
    public private(set) var repeated = 0

    /// Names that the last column of a file of judgments has where its first line names the columns.
    private static let gradeNames: Set<String> = [
        "score", "relevance", "rel", "grade", "label", "judgment", "judgement", "relevancy", "qrel",
    ]

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads what `source` gives.
    ///
    /// - Throws: `invalidInput` naming the first line that is no judgment, with the reason, or that gives a document
    ///   another grade than a line before.
    public init(source: ByteSource) throws(InterchangeError) {
        if try source.peek(64).first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            try readJSON(source)
        } else {
            try readLines(source)
        }
    }

    private mutating func readLines(_ source: ByteSource) throws(InterchangeError) {
        let lines = LineReader(source: source, limit: 64 << 10)
        while let line = try lines.next() {
            let fields = Self.fields(String(decoding: line.bytes, as: UTF8.self))
            if fields.isEmpty, !line.isTooLong { continue }
            let reason: String
            if line.isTooLong || !(3...4).contains(fields.count) {
                reason = "it is not 'query document grade' or 'query iteration document grade'"
            } else if let number = Double(fields[fields.count - 1]) {
                if let grade = Int(exactly: number) {
                    if add(grade, query: fields[0], document: fields[fields.count - 2]) { continue }
                    reason = "the document has another grade in a line before"
                } else {
                    reason = "the grade is not a whole number"
                }
            } else {
                if lines.number == 1, Self.gradeNames.contains(fields[fields.count - 1].lowercased()) { continue }
                reason = "the grade is not a number"
            }
            throw InterchangeError(
                .invalidInput, "line \(lines.number) of '\(source.name)' is no judgment: \(reason); correct the line")
        }
    }

    /// Adds a judgment; false when the document has another grade already.
    private mutating func add(_ grade: Int, query: String, document: String) -> Bool {
        guard let known = grades[TextKey(query), default: [:]].updateValue(grade, forKey: TextKey(document)) else {
            return true
        }
        repeated += 1
        return known == grade
    }

    /// What a line holds between white space, or between commas.
    private static func fields(_ line: String) -> [String] {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, words.count == 1 || first.hasSuffix(",") else { return words.map(String.init) }
        return line.split(separator: ",", omittingEmptySubsequences: false).map { field in
            var field = Substring(field.trimmingWhitespace)
            if field.count >= 2, field.hasPrefix("\""), field.hasSuffix("\"") { field = field.dropFirst().dropLast() }
            return String(field)
        }
    }

    private mutating func readJSON(_ source: ByteSource) throws(InterchangeError) {
        let bytes = try source.readAll()
        let fault = bytes.withUnsafeBufferPointer { bytes -> JSONFault? in
            do throws(JSONFault) {
                if let invalid = UTF8Check.firstInvalid(in: bytes) { throw JSONFault(.invalidUTF8, at: invalid) }
                var scanner = JSONScanner(bytes)
                try readJSON(&scanner)
                return nil
            } catch {
                return error
            }
        }
        guard let fault else { return }
        throw InterchangeError(
            .invalidInput,
            "'\(source.name)' is no JSON object of grades by query and document: \(fault.text); correct the place")
    }

    private mutating func readJSON(_ scanner: inout JSONScanner) throws(JSONFault) {
        var scratch: [UInt8] = []
        func name(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
            let token = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let text = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            return text
        }
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                let query = try name(&scanner)
                try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
                if scanner.take(UInt8(ascii: "}")) { continue }
                repeat {
                    let document = try name(&scanner)
                    _ = scanner.peek()
                    let start = scanner.position
                    guard let grade = Int(exactly: try scanner.scanFloat()) else {
                        throw JSONFault(.gradeNotWhole, at: start)
                    }
                    guard add(grade, query: query, document: document) else {
                        throw JSONFault(.contradictingGrade, at: start)
                    }
                } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
            } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        }
        try scanner.expectEnd()
    }
}

extension Substring {
    /// Without the white space at both ends.
    fileprivate var trimmingWhitespace: Substring {
        let start = drop(while: \.isWhitespace)
        return start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)]
    }
}
