internal import SparseFormat

/// A document's exact vector and identifier, read from its segment or from `documents`. Valid while the snapshot that
/// it was read from is held.
enum ExactVector {
    /// A record beside the lists.
    case record(ForwardRecord)
    /// A value of `documents`, if the segment is compact.
    case document(DocumentView)

    func identifier() throws -> String {
        switch self {
        case .record(let record): try record.identifier()
        case .document(let document): try document.identifier
        }
    }
}

/// Stored documents by number, which have the exact vectors of compact segments.
protocol DocumentSource: AnyObject, Sendable {
    /// Returns a document that the index refers to. Valid while the source lives.
    func storedDocument(_ number: UInt64) throws -> DocumentView
}

/// The documents of one read transaction, for use by one thread at a time while the transaction is held.
final class TransactionDocuments: DocumentSource, @unchecked Sendable {
    private let table: DocumentTable

    init(_ table: DocumentTable) { self.table = table }

    func storedDocument(_ number: UInt64) throws -> DocumentView { try table.existing(number) }
}
