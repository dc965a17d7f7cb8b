/// The rules for values that a store does not accept, or accepts only changed.
public struct ReadingRules: Sendable, Hashable {
    /// Whether a weight that is negative, not finite or outside `Limits.weights` is left out of its vector and counted.
    /// Otherwise its line or row is rejected.
    public var dropsBadWeights: Bool
    /// Whether to reject also what would otherwise be ignored or changed: a field that is not read, a weight of zero,
    /// and a weight that is written as a string.
    public var isStrict: Bool

    /// Creates rules. By default, bad weights are rejected and harmless differences are ignored.
    ///
    /// - Parameters:
    ///   - dropsBadWeights: Whether to leave bad weights out and count them.
    ///   - isStrict: Whether to reject what would be ignored or changed.
    public init(dropsBadWeights: Bool = false, isStrict: Bool = false) {
        self.dropsBadWeights = dropsBadWeights
        self.isStrict = isStrict
    }
}
