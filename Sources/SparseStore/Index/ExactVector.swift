internal import SparseFormat

/// A document's exact vector and its identifier, from where its segment has them. Valid while the snapshot is held
/// through which it was read.
enum ExactVector {
    /// Beside the lists.
    case record(ForwardRecord)
    /// In `documents`, where the segment is compact.
    case document(DocumentView)

    func identifier() throws -> String {
        switch self {
        case .record(let record): try record.identifier()
        case .document(let document): try document.identifier
        }
    }
}

/// Stored documents by number: where compact segments have exact vectors from.
protocol DocumentSource: AnyObject, Sendable {
    /// A document that the index says is there; valid while the source lives.
    func storedDocument(_ number: UInt64) throws -> DocumentView
}

/// Documents of one read transaction, for whoever holds it, one thread at a time.
final class TransactionDocuments: DocumentSource, @unchecked Sendable {
    private let table: DocumentTable

    init(_ table: DocumentTable) { self.table = table }

    func storedDocument(_ number: UInt64) throws -> DocumentView { try table.existing(number) }
}
