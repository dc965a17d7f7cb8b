public import SparseStore

/// What a row of a CSR file holds.
public enum CSRRow: Sendable, Hashable {
    /// A vector with at least one weight above zero.
    case vector(SparseVector)
    /// No weight above zero.
    case empty
    /// Something that is no vector, why, and whether a bad weight is all that is wrong.
    case reject(reason: String, concernsWeight: Bool)
}
