/// What a reader does with values that no store takes, or takes only changed.
public struct ReadingRules: Sendable, Hashable {
    /// Leave a weight that is negative, not finite or outside `Limits.weights` out of its vector and count it; otherwise it
    /// makes the line or row a reject.
    public var dropsBadWeights: Bool
    /// Reject also what is otherwise passed over or changed on the way: a field that is not read, a weight of zero, a
    /// weight that is written as a string.
    public var isStrict: Bool

    /// Rules under which bad weights are rejected and harmless ones passed over, unless the caller says otherwise.
    ///
    /// - Parameters:
    ///   - dropsBadWeights: leave bad weights out and count them.
    ///   - isStrict: reject what would be passed over or changed.
    public init(dropsBadWeights: Bool = false, isStrict: Bool = false) {
        self.dropsBadWeights = dropsBadWeights
        self.isStrict = isStrict
    }
}
