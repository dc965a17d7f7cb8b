/// The measured plans for a block index that the planner chooses from, in order of effort.
///
/// They were selected from a grid of 360 plans. Together they come within a few percent of the fastest plan in the grid
/// for every recall from 0.86 to 0.99 on a million generated documents (Benchmarks/RESULTS.md, "Blocks").
enum BlockLadder {
    static let plans: [BlockPlan] = [
        plan(lists: 3, heapFactor: 1.2, candidates: 5, headShare: 0.8),
        plan(lists: 4, heapFactor: 1.2, candidates: 5, headShare: 0.6),
        plan(lists: 4, heapFactor: 1.1, candidates: 5, headShare: 0.6),
        plan(lists: 4, heapFactor: 1.0, candidates: 5, headShare: 0.6),
        plan(lists: 5, heapFactor: 1.0, candidates: 5, headShare: 0.6),
        plan(lists: 6, heapFactor: 1.0, candidates: 5, headShare: 0.6),
        plan(lists: 6, heapFactor: 0.95, candidates: 5, headShare: 0.6),
        plan(lists: 6, heapFactor: 0.9, candidates: 5, headShare: 0.6),
        plan(lists: 8, heapFactor: 0.9, candidates: 5, headShare: 0.5),
        plan(lists: 10, heapFactor: 0.9, candidates: 10, headShare: 0.5),
        plan(lists: 12, heapFactor: 0.8, candidates: 20, headShare: 0.5),
    ]

    private static func plan(lists: Int, heapFactor: Float, candidates: Int, headShare: Float) -> BlockPlan {
        BlockPlan(
            lists: lists, heapFactor: heapFactor, candidates: candidates, candidatesPerHit: 1, headShare: headShare)
    }
}
