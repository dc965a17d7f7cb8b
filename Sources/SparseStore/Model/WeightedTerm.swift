/// A component of a sparse vector whose term is a string.
public struct WeightedTerm: Sendable, Hashable {
    /// The term, 1 to `Limits.maximumTermBytes` bytes of UTF-8.
    public var term: String
    /// The weight, finite and within `Limits.weights`.
    public var weight: Float

    /// Creates a component. It is validated when a document or query that contains it is used.
    public init(_ term: String, _ weight: Float) {
        self.term = term
        self.weight = weight
    }

    /// Returns whether the terms have the same bytes and the weights are equal.
    public static func == (a: WeightedTerm, b: WeightedTerm) -> Bool {
        a.weight == b.weight && TextKey(a.term) == TextKey(b.term)
    }

    /// Hashes the bytes of the term and the weight.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(TextKey(term))
        hasher.combine(weight)
    }
}
