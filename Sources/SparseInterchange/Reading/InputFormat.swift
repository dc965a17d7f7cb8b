/// The format of a collection or a set of queries.
public enum InputFormat: String, Sendable, CaseIterable {
    /// One JSON object per line: `{"id", "content"|"contents", "vector": {term: weight}}`, as in Seismic and Anserini.
    case jsonl
    /// JSON objects as in ``jsonl``, but in one array, or each spread over several lines.
    case json
    /// The compressed sparse rows of the BigANN benchmarks.
    case csr
    /// A matrix of compressed sparse rows in NumPy's `.npz`, as written by `scipy.sparse.save_npz`.
    case npz
    /// An inverted index in the Common Index File Format, which Anserini, PISA and others use.
    case ciff

    /// Whether documents are the rows of a matrix, which are numbered from 0.
    public var isMatrix: Bool { self == .csr || self == .npz }

    /// The unit of one document in messages: a line, an object, or a row.
    package var unit: String {
        switch self {
        case .jsonl: "line"
        case .json: "object"
        case .csr, .npz: "row"
        case .ciff: "document"
        }
    }

    /// Detects the format from the first bytes, without consuming them. Text never has a zero byte, and the row count
    /// at the start of a CSR file always does.
    ///
    /// - Throws: `unsupported`, with a remedy, for recognized formats that are not supported.
    public static func detect(_ source: ByteSource) throws(InterchangeError) -> InputFormat {
        if try ZipArchive.begins(source) { return .npz }
        let head = try source.peek(8)
        if head.starts(with: [0x93] + Array("NUMPY".utf8)) {
            throw InterchangeError(
                .unsupported,
                "'\(source.name)' is a dense NumPy array; write a sparse matrix with "
                    + "scipy.sparse.save_npz(file, scipy.sparse.csr_matrix(array))")
        }
        // A CSR file may begin with these bytes as well; the upper half of its row count is then zero.
        if head.starts(with: Array("PAR1".utf8)), head.count < 8 || head[4...].contains(where: { $0 != 0 }) {
            throw InterchangeError(
                .unsupported,
                "'\(source.name)' is a Parquet file; load it with the Python package: "
                    + "sparsestore.open('STORE').load_parquet('\(source.name)')")
        }
        // LMDB's magic number and version, in its first page. In a CSR file, they would announce 7 billion weights.
        if head.contains(0), try source.peek(24).dropFirst(16).elementsEqual([0xDE, 0xC0, 0xEF, 0xBE, 1, 0, 0, 0]) {
            throw InterchangeError(
                .unsupported,
                "'\(source.name)' is a store or another LMDB file, not an input; pass the store first and the input "
                    + "second, or export the store")
        }
        if head.contains(0) { return .csr }
        // The length of the header, and the tags of its version and of the number of lists.
        for length in [1, 2] where head.count == 8 && head[length] == 0x08 && head[length + 2] == 0x10 { return .ciff }
        // A feed may write its second line an hour after the first, so wait only for the bytes that distinguish the
        // two.
        let text = try source.peek(limit: 64 << 10) { isJSONLines($0) != nil }
        if text.count >= 262, text[text.startIndex + 257..<text.startIndex + 262].elementsEqual("ustar".utf8) {
            throw InterchangeError(
                .unsupported, "'\(source.name)' is a tar archive; extract it with 'tar -xf' and load the file in it")
        }
        return isJSONLines(text) ?? true ? .jsonl : .json
    }

    /// Whether the first object of a JSON text ends on the line where it begins; nil if more text is needed to tell.
    /// False for an array.
    private static func isJSONLines(_ text: ArraySlice<UInt8>) -> Bool? {
        func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        let content = text.drop { isSpace($0) || [0xEF, 0xBB, 0xBF].contains($0) }
        guard let first = content.first else { return nil }
        if first == UInt8(ascii: "[") || JSONValueReader.rowsPrefix(content.prefix(256)) != nil { return false }
        // Neither: some other file, whose first block may say which.
        guard first == UInt8(ascii: "{") else { return text.count < 512 ? nil : true }
        var (depth, isText, isEscaped) = (0, false, false)
        for (index, byte) in zip(content.indices, content) {
            switch byte {
            case 0x0A:
                // Within a string or after the end of the object: JSON Lines, valid or not.
                if isText || depth == 0 { return true }
                // A pretty-printed object continues with a member; another object follows a truncated line.
                return content[index...].first { !isSpace($0) }.map { $0 == UInt8(ascii: "{") }
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isText
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: "{") where !isText, UInt8(ascii: "[") where !isText: depth += 1
            case UInt8(ascii: "}") where !isText, UInt8(ascii: "]") where !isText: depth -= 1
            default: break
            }
        }
        return nil
    }
}
