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

    /// Whether the terms have the same bytes, and the weights are equal.
    public static func == (a: WeightedTerm, b: WeightedTerm) -> Bool {
        a.weight == b.weight && TextKey(a.term) == TextKey(b.term)
    }

    /// Feeds the term's bytes and the weight to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(TextKey(term))
        hasher.combine(weight)
    }
}
