/// The formats a collection or a set of queries comes in.
public enum InputFormat: String, Sendable, CaseIterable {
    /// One JSON object a line: `{"id", "content"|"contents", "vector": {term: weight}}`, as Seismic and Anserini read it.
    case jsonl
    /// The compressed sparse rows of the BigANN benchmarks.
    case csr
    /// A matrix of compressed sparse rows in NumPy's `.npz`, as `scipy.sparse.save_npz` writes it.
    case npz

    /// What one document of this format stands in, for messages: a line, or a row.
    public var unit: String { self == .jsonl ? "line" : "row" }

    /// Tells the format by the first bytes, which stay to be read: text never holds a zero byte, and the row count that
    /// a CSR file begins with always does.
    ///
    /// Throws `unsupported` for files that are recognized and not read, with what to do about them.
    public static func detect(_ source: ByteSource) throws(InterchangeError) -> InputFormat {
        if try ZipArchive.begins(source) { return .npz }
        let head = try source.peek(512)
        if head.starts(with: [0x93] + Array("NUMPY".utf8)) {
            throw InterchangeError(
                .unsupported,
                "'\(source.name)' is a dense NumPy array; write a sparse matrix with "
                    + "scipy.sparse.save_npz(file, scipy.sparse.csr_matrix(array))")
        }
        if head.count == 512, head[257..<262].elementsEqual("ustar".utf8) {
            throw InterchangeError(
                .unsupported, "'\(source.name)' is a tar archive; unpack it with 'tar -xf' and load the file in it")
        }
        return head.prefix(8).contains(0) ? .csr : .jsonl
    }
}
