/// The formats a collection or a set of queries comes in.
public enum InputFormat: String, Sendable, CaseIterable {
    /// One JSON object a line: `{"id", "content"|"contents", "vector": {term: weight}}`, as Seismic and Anserini read it.
    case jsonl
    /// The compressed sparse rows of the BigANN benchmarks.
    case csr

    /// Tells the format by the first bytes, which stay to be read: text never holds a zero byte, and the row count that
    /// a CSR file begins with always does.
    public static func detect(_ source: ByteSource) throws(InterchangeError) -> InputFormat {
        try source.peek(8).contains(0) ? .csr : .jsonl
    }
}
