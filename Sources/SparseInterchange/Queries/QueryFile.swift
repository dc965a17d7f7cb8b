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
        let path = MatrixFile.resolve(path, isQueries: true)
        try self.init(source: try ByteSource(path: path), ids: MatrixFile.idsBeside(path))
    }

    /// Reads the queries `source` gives.
    ///
    /// - Parameter ids: a file with the ids of a matrix's rows, one a line; nil names queries by their row.
    public init(source: ByteSource, ids: String? = nil) throws(InterchangeError) {
        format = try InputFormat.detect(source)
        switch format {
        case .jsonl: queries = try Self.lines(source)
        case .csr, .npz:
            let labels = try ids.map { path throws(InterchangeError) in try LabelFile(path) }
            queries = try Self.rows(source, ids: labels)
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

    private static func rows(_ source: ByteSource, ids: LabelFile?) throws(InterchangeError) -> [QueryRecord] {
        let reader = try CSRReader(source: source)
        guard reader.rows + reader.nonzeros <= InterchangeLimits.wholeFileBytes / 8 else { throw tooLarge(source.name) }
        var queries: [QueryRecord] = []
        for row in 0..<reader.rows {
            let id = try ids.map { file throws(InterchangeError) in try file.requireText() } ?? String(row)
            switch try reader.row(row) {
            case .vector(let vector): queries.append(QueryRecord(id: id, query: Query(vector: vector)))
            case .empty: queries.append(QueryRecord(id: id, query: nil))
            case .reject(let reason):
                throw InterchangeError(
                    .invalidInput, "row \(row) of '\(source.name)' is not a query: \(reason); correct the row")
            }
        }
        if let ids { try ids.requireEnd() }
        return queries
    }

    private static func tooLarge(_ name: String) -> InterchangeError {
        InterchangeError(
            .limitExceeded,
            "'\(name)' holds more than \(InterchangeLimits.wholeFileBytes >> 20) MiB of queries; split it into parts")
    }
}
