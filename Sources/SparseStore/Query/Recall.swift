/// How close to the exact answer a search must come.
public enum Recall: Sendable, Hashable {
    /// The true top k, as brute force would give it.
    case exact
    /// The planner's cheapest plan that still finds most of the top k.
    case fast
    /// At least this share of the true top k on average, 0...1.
    case target(Double)
}
