internal import SparseStore

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
