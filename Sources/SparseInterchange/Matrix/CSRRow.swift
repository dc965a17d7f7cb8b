public import SparseStore

/// The content of a row of a CSR file.
public enum CSRRow: Sendable, Hashable {
    /// A vector with at least one weight above zero.
    case vector(SparseVector)
    /// The row has no weight above zero.
    case empty
    /// The row is not a vector, with the reason, and whether a bad weight is the only problem.
    case reject(reason: String, concernsWeight: Bool)
}
