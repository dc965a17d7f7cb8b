public import SparseStore

/// Relevance judgments.
///
/// The file has lines of 'query document grade', or 'query iteration document grade' as in TREC, separated by white
/// space or commas; the first line may name the columns. It may also be one JSON object of grades by query and
/// document, `{"q1": {"d1": 1}}`. A grade is a whole number, which may be written as 1.0.
public struct Qrels: Sendable {
    /// The grade of each judged document of each judged query. Ids are compared byte for byte, as in a store.
    public private(set) var grades: [TextKey: [TextKey: Int]] = [:]
    /// The number of judgments that repeat an earlier one with the same grade.
    public private(set) var repeated = 0

    /// The possible names of the last column in a header line.
    private static let gradeNames: Set<String> = [
        "score", "relevance", "rel", "grade", "label", "judgment", "judgement", "relevancy", "qrel",
    ]

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    ///
    /// - Throws: `invalidInput`, which names the first bad line and the reason, if a line is not a judgment or gives a
    ///   document a different grade than an earlier line.
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
                    reason = "the document has a different grade on an earlier line"
                } else {
                    reason = "the grade is not a whole number"
                }
            } else {
                if lines.number == 1, Self.gradeNames.contains(fields[fields.count - 1].lowercased()) { continue }
                reason = "the grade is not a number"
            }
            throw InterchangeError(
                .invalidInput, "line \(lines.number) of '\(source.name)' is not a judgment: \(reason); correct the line"
            )
        }
    }

    /// Adds a judgment. Returns false if the document already has a different grade.
    private mutating func add(_ grade: Int, query: String, document: String) -> Bool {
        guard let known = grades[TextKey(query), default: [:]].updateValue(grade, forKey: TextKey(document)) else {
            return true
        }
        repeated += 1
        return known == grade
    }

    /// Returns the fields of a line, which are separated by white space or commas.
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
            "'\(source.name)' is not a JSON object of grades by query and document: \(fault.text); correct it")
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
    /// Returns the bytes without white space at both ends.
    fileprivate var trimmingWhitespace: Substring {
        let start = drop(while: \.isWhitespace)
        return start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)]
    }
}

/// The exact best answers to a set of queries, little-endian: UInt32 queries, UInt32 k, UInt32 rows[queries x k],
/// Float32 scores[queries x k], best first. A row is the document whose id is that number in decimal.
public struct GroundTruth: Sendable {
    /// The number of queries.
    public let queries: Int
    /// The number of answers per query.
    public let k: Int

    private let rows: [UInt32]
    private let scores: [Float]

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    public init(source: ByteSource) throws(InterchangeError) {
        let bytes = try source.readAll()
        func word(_ index: Int) -> UInt32 {
            bytes.withUnsafeBytes {
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
            }
        }
        guard bytes.count >= 8 else { throw Self.wrongSize(source.name) }
        let (queries, k) = (Int(word(0)), Int(word(1)))
        let (count, overflow) = queries.multipliedReportingOverflow(by: k)
        guard !overflow, k > 0, count <= bytes.count / 8, bytes.count == 8 + count * 8 else {
            throw Self.wrongSize(source.name)
        }
        self.queries = queries
        self.k = k
        rows = (0..<count).map { word(2 + $0) }
        scores = (0..<count).map { Float(bitPattern: word(2 + count + $0)) }
        guard scores.allSatisfy({ $0.isFinite }) else {
            throw InterchangeError(
                .invalidInput, "'\(source.name)' has a score that is not a finite number; create the file again")
        }
    }

    /// Returns the best answers to the query at `index`, which must be below `queries`.
    public func answer(_ index: Int) -> Answer {
        let range = index * k..<(index + 1) * k
        return Answer(rows: rows[range], scores: scores[range])
    }

    /// The largest score of all answers; 0 if there are none.
    public var largestScore: Float { scores.max() ?? 0 }

    /// The best answers to one query.
    public struct Answer: Sendable {
        /// The document numbers, best first.
        public let rows: ArraySlice<UInt32>
        /// The scores of the documents, in the same order.
        public let scores: ArraySlice<Float>

        /// Creates an answer. If `rows` is empty, hits are judged by their scores alone.
        public init(rows: ArraySlice<UInt32>, scores: ArraySlice<Float>) {
            self.rows = rows
            self.scores = scores
        }
    }

    private static func wrongSize(_ name: String) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(name)' is not a ground-truth file, because its size does not match its counts; "
                + "use the format that 'sparsestore eval --help' describes")
    }
}
