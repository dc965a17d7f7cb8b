public import SparseStore

/// The content of a line or a row.
public enum DocumentRow: Sendable {
    /// A document, with the number of its line or row.
    case document(Document, number: Int)
    /// The line or row cannot be stored.
    case reject(Reject)
}
