internal import SparseStore

/// Adds ids and payloads from text files to the rows of a matrix, one line per row.
///
/// The first line belongs to the first row, and so on; a rejected row has its lines too.
public final class LabelJoin: DocumentReader {
    private let documents: any DocumentReader
    private let ids: LabelFile?
    private let payloads: LabelFile?

    /// Joins `documents`, whose rows are numbered from 0, with the lines of the files at `ids` and `payloads`. Lines
    /// before the current position of `documents` are skipped.
    ///
    /// - Parameters:
    ///   - documents: The rows of a matrix.
    ///   - ids: A file with one id per line; nil to keep the row numbers as ids.
    ///   - payloads: A file with one payload per line; nil for documents without payloads.
    public init(_ documents: any DocumentReader, ids: String?, payloads: String?) throws(InterchangeError) {
        self.documents = documents
        let first = documents.position.number
        self.ids = try ids.map { path throws(InterchangeError) in try LabelFile(path, from: first) }
        self.payloads = try payloads.map { path throws(InterchangeError) in try LabelFile(path, from: first) }
    }

    /// The format of the matrix.
    public var format: InputFormat { documents.format }
    /// The position after the last row.
    public var position: InputPosition { documents.position }
    /// The fraction of the matrix that has been read.
    public var progress: Double? { documents.progress }
    /// The size of the matrix on disk.
    public var inputSize: UInt64? { documents.inputSize }

    /// The number of bad weights left out of the matrix.
    public var droppedWeights: Int { documents.droppedWeights }

    /// Returns the next document with its id and payload, or a reject. It is an error if a file has more or fewer lines
    /// than there are rows.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard let row = try documents.next() else {
            try ids?.requireEnd()
            try payloads?.requireEnd()
            return nil
        }
        let id = try ids?.require()
        let payload = try payloads?.require()
        guard case .document(var document, let number) = row else { return row }
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

/// Adds token vectors from arrays to the documents of another reader, in the order of its lines or rows. A rejected or
/// blank line has its token vectors too.
public final class MultivectorJoin: DocumentReader {
    private let documents: any DocumentReader
    private let file: MultivectorFile
    /// The number of the first line or row.
    private let first: Int

    /// Joins `documents` with the token vectors of `file`, which no one else may use from then on.
    public init(_ documents: any DocumentReader, _ file: MultivectorFile) {
        self.documents = documents
        self.file = file
        first = documents.format.isMatrix ? 0 : 1
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

    /// Returns the next document with its token vectors, or a reject. It is an error if there are more or fewer
    /// documents than token vectors.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard let row = try documents.next() else {
            guard documents.position.number >= file.count else {
                throw InterchangeError(
                    .invalidInput,
                    "the input has \(documents.position.number) lines or rows, but '\(file.name)' has token "
                        + "vectors for \(file.count); use files with the same documents")
            }
            return nil
        }
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
