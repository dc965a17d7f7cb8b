/// The parameters of a search of a block index, which determine how much it reads.
struct BlockPlan: CandidatePlan, Sendable, Hashable {
    /// The number of lists to search, those of the terms with the largest possible contribution (Seismic's cut).
    var lists: Int
    /// The share of the score that a document must reach. A block is visited if its summary exceeds this share
    /// (Seismic's heap factor).
    var heapFactor: Float
    /// The fixed part of the number of documents to score exactly.
    var candidates: Int
    /// The part of that number for each requested hit.
    var candidatesPerHit: Float
    /// The share of the score that a document must reach. A document's lines after the first two are read if the first
    /// two reach this share.
    var headShare: Float
    /// Whether to visit the blocks of all lists in the order of their estimates, instead of list by list in storage
    /// order.
    var isBestFirst = true

    /// Returns a plan that works as Seismic does (Bruch et al., SIGIR 2024): list by list, scoring every document of a
    /// visited block in full, and keeping only as many documents as requested.
    static func plainSeismic(cut: Int, heapFactor: Float) -> BlockPlan {
        BlockPlan(
            lists: cut, heapFactor: heapFactor, candidates: 0, candidatesPerHit: 1, headShare: 0, isBestFirst: false)
    }

    /// The plan for windows that the block index does not cover. There are few of them.
    static let windowPlan = ScanPlan(dropped: 0.1, floor: 0.004, candidates: 25, candidatesPerHit: 1.7)
}
