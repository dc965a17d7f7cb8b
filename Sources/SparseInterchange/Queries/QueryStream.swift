internal import SparseStore

/// Queries that come one by one, a line of JSON each, from a pipe for instance: each is there as soon as its line has ended.
public final class QueryStream {
    private let reader: JSONLinesReader
    private let name: String

    /// The next query of a stream.
    public enum Element: Sendable {
        /// A query.
        case query(QueryRecord)
        /// A line that is no query, and why.
        case reject(String)
    }

    /// Reads the lines that `source` gives.
    public init(source: ByteSource) throws(InterchangeError) {
        reader = try JSONLinesReader(source: source, readsQueries: true)
        name = source.name
    }

    /// Whether a source begins as JSON Lines do. Only its first bytes are waited for.
    public static func isJSONLines(_ source: ByteSource) throws(InterchangeError) -> Bool {
        let first = try source.peek(1)
        // White space, an object, or a byte order mark.
        return first.isEmpty || [0x09, 0x0A, 0x0D, 0x20, 0x7B, 0xEF].contains(first[0])
    }

    /// The next query, once its line has come; nil at the end.
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
