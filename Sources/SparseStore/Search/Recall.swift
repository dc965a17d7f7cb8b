/// The required recall of a search, relative to the exact result.
public enum Recall: Sendable, Hashable {
    /// The true top k, as found by brute force.
    case exact
    /// The planner's cheapest plan that still finds most of the top k.
    case fast
    /// At least this share of the true top k on average, 0...1.
    case target(Double)
    /// The original Seismic algorithm on the block index, for comparisons. It searches `cut` lists one after the other,
    /// and in each list the blocks whose summaries reach at least `heapFactor` of the k-th best score so far. Requires
    /// a block index (``Store/buildBlocks(_:isCancelled:progress:)``).
    case plainSeismic(cut: Int, heapFactor: Double)
}
