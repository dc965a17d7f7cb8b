public import SparseFormat

/// A sparse vector as its author knows it: by the strings of its terms, or by numbers of his own.
///
/// A store holds one of the two kinds: the first document it receives decides, and the other kind is then refused
/// with ``SparseStoreError/Code/termSpaceMismatch``.
public enum SparseContent: Sendable, Hashable {
    /// Components named by strings; the store's vocabulary numbers them.
    case terms([WeightedTerm])
    /// Components named by the caller's own term numbers.
    case vector(SparseVector)
}
