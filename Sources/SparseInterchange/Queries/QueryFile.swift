internal import SparseStore

/// A file of queries, in either format of a collection; the format is told by the content.
public struct QueryFile: Sendable {
    /// The queries, in the order of the file.
    public let queries: [QueryRecord]
    /// The format the file has.
    public let format: InputFormat

    /// Reads the file at `path`; "-" is standard input.
    ///
    /// All queries are kept in memory, and the file is at most `InterchangeLimits.wholeFileBytes` long. A line or row that
    /// is no query is an error, for a query left out would falsify every figure.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the queries `source` gives.
    public init(source: ByteSource) throws(InterchangeError) {
        format = try InputFormat.detect(source)
        switch format {
        case .jsonl: queries = try Self.lines(source)
        case .csr, .npz: queries = try Self.rows(source)
        }
    }

    private static func lines(_ source: ByteSource) throws(InterchangeError) -> [QueryRecord] {
        let reader = try JSONLinesReader(source: source, acceptingEmpty: true)
        var queries: [QueryRecord] = []
        while let row = try reader.next() {
            guard reader.position.offset <= UInt64(InterchangeLimits.wholeFileBytes) else {
                throw tooLarge(source.name)
            }
            switch row {
            case .document(let document, _):
                guard case .terms(let terms) = document.content else { continue }
                let text = document.payload.map { String(decoding: $0, as: UTF8.self) }
                queries.append(
                    QueryRecord(
                        id: document.id, query: terms.isEmpty ? nil : Query(terms: terms), text: text,
                        multivector: document.multivector))
            case .reject(let reject):
                throw InterchangeError(
                    .invalidInput,
                    "line \(reject.number) of '\(source.name)' is not a query: \(reject.reason); "
                        + "correct the line")
            }
        }
        return queries
    }

    private static func rows(_ source: ByteSource) throws(InterchangeError) -> [QueryRecord] {
        let reader = try CSRReader(source: source)
        guard reader.rows + reader.nonzeros <= InterchangeLimits.wholeFileBytes / 8 else { throw tooLarge(source.name) }
        var queries: [QueryRecord] = []
        for row in 0..<reader.rows {
            switch try reader.row(row) {
            case .vector(let vector): queries.append(QueryRecord(id: String(row), query: Query(vector: vector)))
            case .empty: queries.append(QueryRecord(id: String(row), query: nil))
            case .reject(let reason):
                throw InterchangeError(
                    .invalidInput, "row \(row) of '\(source.name)' is not a query: \(reason); correct the row")
            }
        }
        return queries
    }

    private static func tooLarge(_ name: String) -> InterchangeError {
        InterchangeError(
            .limitExceeded,
            "'\(name)' holds more than \(InterchangeLimits.wholeFileBytes >> 20) MiB of queries; split it into parts")
    }
}
