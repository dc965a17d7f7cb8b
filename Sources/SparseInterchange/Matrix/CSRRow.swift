public import SparseStore

/// The content of a row of a CSR file.
public enum CSRRow: Sendable, Hashable {
    /// A vector with at least one weight above zero.
    case vector(SparseVector)
    /// The row has weights by term of which at least one is below zero, as queries may have them.
    case signed([TermID: Float])
    /// The row has no weight other than zero.
    case empty
    /// The row is not a vector, with the reason, and whether a bad weight is the only problem.
    case reject(reason: String, concernsWeight: Bool)
}
