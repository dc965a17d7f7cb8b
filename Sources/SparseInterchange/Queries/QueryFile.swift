internal import SparseStore

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
    ///   - path: the file, or a folder of lsr-benchmark; "-" for standard input.
    ///   - rules: whether a weight that is not finite or outside `Limits.weights` is left out of its query and counted, or
    ///     is an error.
    public init(path: String, rules: ReadingRules = ReadingRules()) throws(InterchangeError) {
        let path = MatrixFile.resolve(path, isQueries: true)
        try self.init(
            source: try ByteSource(path: path), ids: MatrixFile.idsBeside(path), rules: rules)
    }

    /// Reads the queries of `source`.
    ///
    /// - Parameters:
    ///   - source: the file's bytes.
    ///   - ids: a file with the ids of a matrix's rows, one a line; nil names queries by their row.
    ///   - rules: what becomes of bad weights.
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
                "'\(source.name)' is an inverted index (CIFF), which holds no queries; give JSON Lines or CSR")
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
                throw notAQuery(reader.format.unit, reject.number, source.name, reject.reason, reject.concernsWeight)
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
                throw notAQuery("row", row, source.name, reason, concernsWeight)
            }
        }
        if let ids { try ids.requireEnd() }
        return queries
    }

    private static func notAQuery(
        _ unit: String, _ number: Int, _ name: String, _ reason: String, _ concernsWeight: Bool
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
