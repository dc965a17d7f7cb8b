/// How close to the exact answer a search must come.
public enum Recall: Sendable, Hashable {
    /// The true top k, as brute force would give it.
    case exact
    /// The planner's cheapest plan that still finds most of the top k.
    case fast
    /// At least this share of the true top k on average, 0...1.
    case target(Double)
    /// What Seismic does with the block index, for comparisons: `cut` lists one after the other, and of each the blocks whose
    /// summaries promise at least `heapFactor` of the k-th best score so far. Only where there is a block index
    /// (``Store/buildBlocks(_:isCancelled:progress:)``).
    case plainSeismic(cut: Int, heapFactor: Double)
}
