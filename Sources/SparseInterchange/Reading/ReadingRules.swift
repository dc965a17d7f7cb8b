/// The rules for values that a store does not accept, or accepts only changed.
public struct ReadingRules: Sendable, Hashable {
    /// Whether a weight that is negative, not finite or outside `Limits.weights` is left out of its vector and counted.
    /// Otherwise its line or row is rejected.
    public var dropsBadWeights: Bool
    /// Whether to reject also what would otherwise be ignored or changed: a field that is not read, a weight of zero,
    /// and a weight that is written as a string.
    public var isStrict: Bool
    /// Whether a document without a vector, or without a weight above zero, is accepted. Otherwise it is rejected.
    public var acceptsEmptyVectors: Bool

    /// Creates rules. By default, bad weights are rejected and harmless differences are ignored.
    ///
    /// - Parameters:
    ///   - dropsBadWeights: Whether to leave bad weights out and count them.
    ///   - isStrict: Whether to reject what would be ignored or changed.
    ///   - acceptsEmptyVectors: Whether to accept documents without a vector.
    public init(dropsBadWeights: Bool = false, isStrict: Bool = false, acceptsEmptyVectors: Bool = false) {
        self.dropsBadWeights = dropsBadWeights
        self.isStrict = isStrict
        self.acceptsEmptyVectors = acceptsEmptyVectors
    }
}
