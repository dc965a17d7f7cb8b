internal import SparseStore

/// Adds what other files have of the same documents: ids and payloads, or token vectors. The first line or entry
/// belongs to the first document, and so on; a rejected document has its own too.
public final class JoinedReader: DocumentReader {
    private let documents: any DocumentReader
    private let column: any JoinedColumn

    /// Joins the rows of a matrix, which are numbered from 0, with the lines of text files. Lines before the current
    /// position of the matrix are skipped.
    ///
    /// - Parameters:
    ///   - documents: The rows of a matrix.
    ///   - ids: A file with one id per line; nil to keep the row numbers as ids.
    ///   - payloads: A file with one payload per line; nil for documents without payloads.
    public init(_ documents: any DocumentReader, ids: String?, payloads: String?) throws(InterchangeError) {
        self.documents = documents
        column = try LabelColumn(ids: ids, payloads: payloads, from: documents.position.number)
    }

    /// Joins documents with token vectors.
    ///
    /// - Parameters:
    ///   - documents: The documents, in the order of the file.
    ///   - file: The token vectors. Nobody else may use the file from then on.
    public init(_ documents: any DocumentReader, _ file: MultivectorFile) {
        self.documents = documents
        column = MultivectorColumn(file: file, first: documents.format.isMatrix ? 0 : 1)
    }

    /// The format of the documents.
    public var format: InputFormat { documents.format }
    /// The position after the last document.
    public var position: InputPosition { documents.position }
    /// The fraction of the documents' input that has been read.
    public var progress: Double? { documents.progress }
    /// The size of the documents' input.
    public var inputSize: UInt64? { documents.inputSize }
    /// The number of bad weights left out of the documents.
    public var droppedWeights: Int { documents.droppedWeights }

    /// Returns the next document with what the other files have of it, or a reject. It is an error if a file has more
    /// or fewer entries than there are documents.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard let row = try documents.next() else {
            try column.finish(after: documents.position)
            return nil
        }
        return try column.joined(row)
    }
}

/// The fields of documents that come from another file.
private protocol JoinedColumn {
    /// Returns the next row with what the column has of it.
    func joined(_ row: DocumentRow) throws(InterchangeError) -> DocumentRow
    /// Throws unless the column ends with the documents.
    func finish(after last: InputPosition) throws(InterchangeError)
}

/// Ids and payloads, one line for each row of a matrix.
private struct LabelColumn: JoinedColumn {
    private let ids: LabelFile?
    private let payloads: LabelFile?

    init(ids: String?, payloads: String?, from first: Int) throws(InterchangeError) {
        self.ids = try ids.map { path throws(InterchangeError) in try LabelFile(path, from: first) }
        self.payloads = try payloads.map { path throws(InterchangeError) in try LabelFile(path, from: first) }
    }

    func finish(after last: InputPosition) throws(InterchangeError) {
        try ids?.requireEnd()
        try payloads?.requireEnd()
    }

    func joined(_ row: DocumentRow) throws(InterchangeError) -> DocumentRow {
        let id = try ids?.require()
        let payload = try payloads?.require()
        guard case .document(var document, let number) = row else {
            guard case .reject(let reject) = row, let id else { return row }
            let name = JSONFault.quoted(String(decoding: id, as: UTF8.self))
            return .reject(
                Reject(
                    number: reject.number, reason: "id \(name), \(reject.reason)", concernsWeight: reject.concernsWeight
                ))
        }
        if let id {
            guard (1...Limits.maximumIdentifierBytes).contains(id.count) else {
                return .reject(Reject(number: number, reason: JSONFault.Reason.identifierLength.rawValue))
            }
            guard let text = String(validating: id, as: UTF8.self) else {
                return .reject(Reject(number: number, reason: "the id is not UTF-8"))
            }
            document.id = text
        }
        if let payload {
            guard payload.count <= Limits.maximumPayloadBytes else {
                return .reject(Reject(number: number, reason: "the payload is too long"))
            }
            document.payload = payload
        }
        return .document(document, number: number)
    }
}

/// Token vectors, one entry for each line or row.
private struct MultivectorColumn: JoinedColumn {
    let file: MultivectorFile
    /// The number of the first line or row.
    let first: Int

    func finish(after last: InputPosition) throws(InterchangeError) {
        guard last.number >= file.count else {
            throw InterchangeError(
                .invalidInput,
                "the input has \(last.number) lines or rows, but '\(file.name)' has token vectors for \(file.count); "
                    + "use files with the same documents")
        }
    }

    func joined(_ row: DocumentRow) throws(InterchangeError) -> DocumentRow {
        guard case .document(var document, let number) = row else { return row }
        guard document.multivector == nil else {
            return .reject(Reject(number: number, reason: "the document already has token vectors"))
        }
        switch try file.entry(number - first) {
        case .multivector(let multivector): document.multivector = multivector
        case .empty: break
        case .reject(let reason): return .reject(Reject(number: number, reason: reason))
        }
        return .document(document, number: number)
    }
}

/// The lines of a text file, one per row of a matrix.
final class LabelFile {
    private let name: String
    private let lines: LineReader

    init(_ path: String, from first: Int = 0) throws(InterchangeError) {
        let source = try ByteSource(path: path)
        name = source.name
        lines = LineReader(source: source)
        for _ in 0..<first {
            guard try next() != nil else { throw mismatch("fewer lines than") }
        }
    }

    /// Returns the next line without its line end; nil at the end of the file.
    func next() throws(InterchangeError) -> [UInt8]? {
        guard let line = try lines.next() else { return nil }
        guard !line.isTooLong else {
            throw InterchangeError(
                .limitExceeded,
                "line \(lines.number) of '\(name)' is longer than \(InterchangeLimits.lineBytes) bytes; shorten it")
        }
        // Windows ends a line with CR LF.
        return Array(line.bytes.last == 0x0D ? line.bytes.dropLast() : line.bytes[...])
    }

    /// Returns the next line, which must exist.
    func require() throws(InterchangeError) -> [UInt8] {
        guard let line = try next() else { throw mismatch("fewer lines than") }
        return line
    }

    /// Returns the next line, which must exist and be text.
    func requireText() throws(InterchangeError) -> String {
        guard let text = String(validating: try require(), as: UTF8.self) else {
            throw InterchangeError(
                .invalidInput, "line \(lines.number) of '\(name)' is not UTF-8; convert the file with iconv")
        }
        return text
    }

    /// Checks that no line is left.
    func requireEnd() throws(InterchangeError) {
        if try next() != nil { throw mismatch("more lines than") }
    }

    private func mismatch(_ comparison: String) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(name)' has \(comparison) the matrix has rows "
                + "(\(lines.number) lines read); use the file that belongs to it"
        )
    }
}
