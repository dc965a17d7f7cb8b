internal import SparseStore

/// Gives the documents of another reader their token vectors out of arrays: the first line or row the first ones, and so
/// on. A line that is rejected or blank has its place too.
public final class MultivectorJoin: DocumentReader {
    private let documents: any DocumentReader
    private let file: MultivectorFile
    /// The number of the first line or row.
    private let first: Int

    /// Joins `documents` with the token vectors of `file`, which nobody else may use then.
    public init(_ documents: any DocumentReader, _ file: MultivectorFile) {
        self.documents = documents
        self.file = file
        first = documents.format.isMatrix ? 0 : 1
    }

    /// That of the documents.
    public var format: InputFormat { documents.format }
    /// The place after the last document.
    public var position: InputPosition { documents.position }
    /// The share of the documents' input that has been read.
    public var progress: Double? { documents.progress }
    /// The size of the documents' input.
    public var inputSize: UInt64? { documents.inputSize }

    /// Those of the documents.
    public var droppedWeights: Int { documents.droppedWeights }

    /// The next document with its token vectors, or a reject. More documents than token vectors, or fewer, end the reading
    /// with an error.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard let row = try documents.next() else {
            guard documents.position.number >= file.count else {
                throw InterchangeError(
                    .invalidInput,
                    "the input has ended after \(documents.position.number) lines or rows, and '\(file.name)' has token "
                        + "vectors for \(file.count); give the files that belong together")
            }
            return nil
        }
        guard case .document(var document, let number) = row else { return row }
        guard document.multivector == nil else {
            return .reject(Reject(number: number, reason: "the document has token vectors of its own"))
        }
        switch try file.entry(number - first) {
        case .multivector(let multivector): document.multivector = multivector
        case .empty: break
        case .reject(let reason): return .reject(Reject(number: number, reason: reason))
        }
        return .document(document, number: number)
    }
}
