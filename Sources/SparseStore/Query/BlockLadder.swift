/// The plans of a block index that are measured and chosen from, by rising effort.
enum BlockLadder {
    static let plans: [BlockPlan] = [
        plan(lists: 3, heapFactor: 1), plan(lists: 4, heapFactor: 0.9), plan(lists: 6, heapFactor: 0.9),
        plan(lists: 6, heapFactor: 0.8), plan(lists: 8, heapFactor: 0.8), plan(lists: 8, heapFactor: 0.7),
        plan(lists: 12, heapFactor: 0.7), plan(lists: 16, heapFactor: 0.6),
    ]

    private static func plan(lists: Int, heapFactor: Float) -> BlockPlan {
        BlockPlan(lists: lists, heapFactor: heapFactor, candidates: 15, candidatesPerHit: 1, headShare: 0.5)
    }
}
