internal import SparseStore

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
