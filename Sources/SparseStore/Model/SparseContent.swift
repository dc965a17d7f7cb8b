public import SparseFormat

/// A sparse vector whose terms are strings or numbers.
///
/// A store holds one of the two kinds. The first document determines which one, and the other kind then throws
/// ``SparseStoreError/Code/termSpaceMismatch``.
public enum SparseContent: Sendable, Hashable {
    /// Components named by strings. The store's vocabulary numbers them.
    case terms([WeightedTerm])
    /// Components named by numbers that the caller chooses.
    case vector(SparseVector)
}
