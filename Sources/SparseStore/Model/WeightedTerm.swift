/// One component of a sparse vector whose dimension is named by a string.
public struct WeightedTerm: Sendable, Hashable {
    /// The term, 1 to `Limits.maximumTermBytes` bytes of UTF-8.
    public var term: String
    /// The weight, finite and within `Limits.weights`.
    public var weight: Float

    /// Makes a component; it is validated when a document or query that holds it is used.
    public init(_ term: String, _ weight: Float) {
        self.term = term
        self.weight = weight
    }
}
