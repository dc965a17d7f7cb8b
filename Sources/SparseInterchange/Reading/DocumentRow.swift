public import SparseStore

/// What a line or a row held.
public enum DocumentRow: Sendable {
    /// A document, and the number of its line or row.
    case document(Document, number: Int)
    /// Nothing that can be stored.
    case reject(Reject)
}
