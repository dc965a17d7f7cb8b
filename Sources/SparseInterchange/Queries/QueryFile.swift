public import SparseStore

/// A file of queries in any supported format, which is detected from the content.
public struct QueryFile: Sendable {
    /// The queries, in the order of the file.
    public let queries: [QueryRecord]
    /// The format of the file.
    public let format: InputFormat
    /// Whether the queries are in plain words, without vectors (``TextQueries``).
    public let isInWords: Bool
    /// The number of bad weights left out of the queries.
    public let droppedWeights: Int

    /// Reads the file at `path`; "-" is standard input.
    ///
    /// All queries are kept in memory, and the file has at most `InterchangeLimits.wholeFileBytes`. A bad line or row
    /// is an error, because leaving out a query would falsify all measurements.
    ///
    /// - Parameters:
    ///   - path: The file, or a folder of lsr-benchmark; "-" for standard input.
    ///   - rules: Whether a weight that is not finite or outside `Limits.weights` is left out of its query and counted,
    ///     or is an error.
    public init(path: String, rules: ReadingRules = ReadingRules()) throws(InterchangeError) {
        let path = MatrixFile.resolve(path, isQueries: true)
        try self.init(
            source: try ByteSource(path: path), ids: MatrixFile.idsBeside(path), rules: rules)
    }

    /// Reads the queries of `source`.
    ///
    /// - Parameters:
    ///   - source: The bytes of the file.
    ///   - ids: A file with the ids of the rows of a matrix, one per line; nil to use row numbers.
    ///   - rules: What happens to bad weights.
    public init(
        source: ByteSource, ids: String? = nil, rules: ReadingRules = ReadingRules()
    ) throws(InterchangeError) {
        format = try InputFormat.detect(source)
        isInWords = format == .jsonl ? try TextQueries.areGiven(by: source) : false
        switch format {
        case .jsonl where isInWords:
            queries = try TextQueries.read(source)
            droppedWeights = 0
        case .jsonl, .json:
            let reader = try JSONLinesReader(
                source: source, format: format, rules: rules, readsQueries: true)
            queries = try Self.lines(reader, source)
            droppedWeights = reader.droppedWeights
        case .ciff:
            throw InterchangeError(
                .unsupported,
                "'\(source.name)' is an inverted index (CIFF), which has no queries; use JSON Lines or CSR")
        case .csr, .npz:
            let labels = try ids.map { path throws(InterchangeError) in try LabelFile(path) }
            let reader = try CSRReader(source: source, rules: rules, readsQueries: true)
            queries = try Self.rows(reader, source, ids: labels)
            droppedWeights = reader.droppedWeights
        }
    }

    /// Returns the indexes of the first query that repeats an earlier id, and of the earlier query; nil if all ids
    /// differ.
    public var firstRepetition: (first: Int, second: Int)? {
        var places: [[UInt8]: Int] = [:]
        for (place, query) in queries.enumerated() {
            if let first = places.updateValue(place, forKey: Array(query.id.utf8)) { return (first, place) }
        }
        return nil
    }

    private static func lines(
        _ reader: JSONLinesReader, _ source: ByteSource
    ) throws(InterchangeError) -> [QueryRecord] {
        var queries: [QueryRecord] = []
        while let row = try reader.next() {
            guard reader.position.offset <= UInt64(InterchangeLimits.wholeFileBytes) else {
                throw tooLarge(source.name)
            }
            switch row {
            case .document(let document, _):
                queries.append(QueryRecord(document))
            case .reject(let reject):
                throw notAQuery(
                    reader.format.unit, number: reject.number, name: source.name, reason: reject.reason,
                    concernsWeight: reject.concernsWeight)
            }
        }
        return queries
    }

    private static func rows(
        _ reader: CSRReader, _ source: ByteSource, ids: LabelFile?
    ) throws(InterchangeError) -> [QueryRecord] {
        guard reader.rows + reader.nonzeros <= InterchangeLimits.wholeFileBytes / 8 else { throw tooLarge(source.name) }
        var queries: [QueryRecord] = []
        for row in 0..<reader.rows {
            let id = try ids.map { file throws(InterchangeError) in try file.requireText() } ?? String(row)
            switch try reader.row(row) {
            case .vector(let vector): queries.append(QueryRecord(id: id, query: Query(vector: vector)))
            case .signed(let weights): queries.append(QueryRecord(id: id, query: Query(numbers: weights)))
            case .empty: queries.append(QueryRecord(id: id, query: nil))
            case .reject(let reason, let concernsWeight):
                throw notAQuery("row", number: row, name: source.name, reason: reason, concernsWeight: concernsWeight)
            }
        }
        if let ids { try ids.requireEnd() }
        return queries
    }

    private static func notAQuery(
        _ unit: String, number: Int, name: String, reason: String, concernsWeight: Bool
    ) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "\(unit) \(number) of '\(name)' is not a query: \(reason); correct the \(unit)"
                + (concernsWeight ? ", or leave out bad weights with '--drop-bad-weights'" : ""))
    }

    private static func tooLarge(_ name: String) -> InterchangeError {
        InterchangeError(
            .limitExceeded,
            "'\(name)' has more than \(InterchangeLimits.wholeFileBytes >> 20) MiB of queries; split it into parts")
    }
}

/// One query of a file of queries.
public struct QueryRecord: Sendable, Hashable {
    /// The id of the query, as used in judgments and runs.
    public let id: String
    /// The query; nil if it has no weight, so that nothing can match it.
    public let query: Query?
    /// The text of the query, if the file has it.
    public let text: String?
    /// The token vectors for reranking, if the file has them.
    public let multivector: Multivector?

    /// Creates a query with an id.
    public init(id: String, query: Query?, text: String? = nil, multivector: Multivector? = nil) {
        self.id = id
        self.query = query
        self.text = text
        self.multivector = multivector
    }

    /// Whether id and text have the same bytes, and all other properties are equal.
    public static func == (a: QueryRecord, b: QueryRecord) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.query == b.query && a.text.map { TextKey($0) } == b.text.map { TextKey($0) }
            && a.multivector == b.multivector
    }

    /// Feeds the id's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }
}

extension QueryRecord {
    /// Parses the query of a line of JSON Lines.
    init(_ document: Document) {
        let query: Query? =
            switch document.content {
            case .terms(let terms): Query(terms: terms)
            case .vector(let vector): Query(vector: vector)
            case nil: nil
            }
        self.init(
            id: document.id, query: query, text: document.payload.map { String(decoding: $0, as: UTF8.self) },
            multivector: document.multivector)
    }
}

/// A stream of queries as JSON Lines, for example from a pipe. Each query is available as soon as its line has ended.
public final class QueryStream {
    private let reader: JSONLinesReader
    private let name: String

    /// The next item of a stream.
    public enum Element: Sendable {
        /// A query.
        case query(QueryRecord)
        /// A line that is not a query, with the reason.
        case reject(String)
    }

    /// Reads the lines of `source`.
    public init(source: ByteSource) throws(InterchangeError) {
        reader = try JSONLinesReader(source: source, readsQueries: true)
        name = source.name
    }

    /// Whether a source begins like JSON Lines. It only waits for the first bytes.
    public static func isJSONLines(_ source: ByteSource) throws(InterchangeError) -> Bool {
        let first = try source.peek(1)
        // White space, an object, or a byte order mark.
        return first.isEmpty || [0x09, 0x0A, 0x0D, 0x20, 0x7B, 0xEF].contains(first[0])
    }

    /// Returns the next query when its line is complete; nil at the end.
    public func next() throws(InterchangeError) -> Element? {
        while let row = try reader.next() {
            switch row {
            case .document(let document, _): return .query(QueryRecord(document))
            case .reject(let reject):
                return .reject("line \(reject.number) of '\(name)' is not a query: \(reject.reason); correct the line")
            }
        }
        return nil
    }
}

/// Parses terms that a user has written as a JSON object: `{"swift": 1.2, "engine": 0.4}`.
public enum TermsText {
    /// Returns the terms in `text`. Zeros are dropped, so the array may be empty.
    ///
    /// - Parameters:
    ///   - text: A JSON object.
    ///   - acceptingNegative: Whether weights may be negative, as in queries.
    public static func parse(
        _ text: String, acceptingNegative: Bool = false
    ) throws(InterchangeError) -> [WeightedTerm] {
        var parser = DocumentParser(payload: .none, acceptingNegative: acceptingNegative)
        let result = Array(text.utf8).withUnsafeBufferPointer { bytes -> Result<[WeightedTerm], JSONFault> in
            do throws(JSONFault) {
                return .success(try parser.parseTerms(bytes))
            } catch {
                return .failure(error)
            }
        }
        do {
            return try result.get()
        } catch {
            throw InterchangeError(
                .invalidInput,
                "the terms are not a JSON object of weights (\(error.text)); "
                    + "write them as '{\"swift\": 1.2}'")
        }
    }

    /// Converts the terms to numbers, for a store whose terms are numbers.
    ///
    /// - Throws: `invalidInput`, which names the first bad term, if a term is not a decimal number from 0 to
    ///   4,294,967,295 or appears twice. "05" is not valid, because it would be a second spelling of 5.
    public static func numbers(_ terms: [WeightedTerm]) throws(InterchangeError) -> [TermID: Float] {
        var numbers: [TermID: Float] = [:]
        for term in terms {
            guard let number = TermID(term.term), TextKey(String(number)) == TextKey(term.term) else {
                throw InterchangeError(
                    .invalidInput,
                    "the terms of the store are numbers, but '\(term.term)' is not a number; "
                        + "use decimal numbers from 0 to \(TermID.max)")
            }
            guard numbers.updateValue(term.weight, forKey: number) == nil else {
                throw InterchangeError(.invalidInput, "the term '\(term.term)' appears twice; add up its weights")
            }
        }
        return numbers
    }
}
