/// How much of a block index a search reads.
struct BlockPlan: CandidatePlan, Sendable, Hashable {
    /// Lists that are looked into, of the terms that can bring most (Seismic's cut).
    var lists: Int
    /// A block is visited while its summary promises more than this share of what a document must reach (Seismic's heap
    /// factor).
    var heapFactor: Float
    /// Documents scored exactly: so many...
    var candidates: Int
    /// ... and so many for each hit asked for.
    var candidatesPerHit: Float
    /// A document's lines behind the first two are read if these have this share of what it must reach.
    var headShare: Float
    /// Whether the blocks of all lists are visited in the order of what they promise, or list by list as they lie.
    var isBestFirst = true

    /// What Seismic does (Bruch et al., SIGIR 2024): list by list, every document of a visited block scored in full, and no
    /// more documents kept than are asked for.
    static func plainSeismic(cut: Int, heapFactor: Float) -> BlockPlan {
        BlockPlan(
            lists: cut, heapFactor: heapFactor, candidates: 0, candidatesPerHit: 1, headShare: 0, isBestFirst: false)
    }

    /// With which windows that no block index covers are searched beside it: they are few.
    static let windowPlan = ScanPlan(dropped: 0.1, floor: 0.004, candidates: 25, candidatesPerHit: 1.7)
}
