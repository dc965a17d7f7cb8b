/// One of the measured ways to search that the planner chooses from.
enum Effort: Sendable, Hashable {
    /// Scans all windows, term by term.
    case windows(ScanPlan)
    /// Searches the block index, and scans the windows that it does not cover.
    case blocks(BlockPlan)

    /// All efforts: those of the windows in order of effort, then those of the blocks.
    static let ladder = ScanLadder.plans.map(windows) + BlockLadder.plans.map(blocks)

    /// Returns the number of an effort in a `tuning` record. Numbers of earlier ladders are ignored.
    static func number(of effort: Int) -> UInt8 {
        effort < ScanLadder.plans.count ? UInt8(16 + effort) : UInt8(96 + effort - ScanLadder.plans.count)
    }
    /// The number of the exact search in a `tuning` record.
    static let exactNumber: UInt8 = 255

    /// Returns the effort with a number; nil for the exact search and for numbers of another ladder.
    static func effort(numbered number: UInt8) -> Int? { ladder.indices.first { self.number(of: $0) == number } }

    var usesBlocks: Bool { if case .blocks = self { true } else { false } }

    func candidateCount(limit: Int) -> Int {
        switch self {
        case .windows(let plan): plan.candidateCount(limit: limit)
        case .blocks(let plan): plan.candidateCount(limit: limit)
        }
    }
}

/// A plan that scores a bounded number of candidates exactly.
protocol CandidatePlan {
    /// The fixed part of the number of documents to score exactly.
    var candidates: Int { get }
    /// The part of that number for each requested hit.
    var candidatesPerHit: Float { get }
}

extension CandidatePlan {
    func candidateCount(limit: Int) -> Int {
        max(limit, candidates + Int((candidatesPerHit * Float(limit)).rounded(.up)))
    }
}

/// The parameters of a scan, which determine how much of each window it reads.
struct ScanPlan: CandidatePlan, Sendable, Hashable {
    /// The share of the query's possible score that skipped terms may contribute together.
    var dropped: Float
    /// The share of the query's possible score that a level's mean code must contribute for the level to be read.
    var floor: Float
    /// The fixed part of the number of documents to score exactly.
    var candidates: Int
    /// The part of that number for each requested hit.
    var candidatesPerHit: Float
}

/// The measured plans that the planner chooses from, in order of effort.
///
/// They were selected from a grid of 400 plans. Together they come within 3 % of the fastest plan in the grid for every
/// recall from 0.90 to 0.999 on the collections in Benchmarks/RESULTS.md ("The ladder").
enum ScanLadder {
    static let plans: [ScanPlan] = [
        ScanPlan(dropped: 0.3, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.3, floor: 0.016, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.2, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.3, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.012, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.012, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.008, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.1, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.008, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.1, floor: 0.004, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.004, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0, floor: 0.004, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0, floor: 0.004, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0, floor: 0.002, candidates: 15, candidatesPerHit: 1),
    ]

    /// The assumed recall of a store that was never tuned: the worst measured at k = 10, minus a margin for other data.
    static let assumedRecall: [Double] = [
        0.83, 0.89, 0.86, 0.90, 0.87, 0.91, 0.94, 0.925, 0.965, 0.96, 0.975, 0.985, 0.99, 0.992, 0.995, 0.997,
    ]
}

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

/// The measured plans for a block index that the planner chooses from, in order of effort.
///
/// They were selected from a grid of 384 plans on half a million real documents, and one of 360 on 2.2 million
/// documents made from them (Benchmarks/RESULTS.md, "Blocks on real documents").
enum BlockLadder {
    static let plans: [BlockPlan] = [
        plan(lists: 3, heapFactor: 1.1, candidates: 5, headShare: 0.6),
        plan(lists: 4, heapFactor: 1.1, candidates: 5, headShare: 0.6),
        plan(lists: 4, heapFactor: 1.0, candidates: 5, headShare: 0.6),
        plan(lists: 4, heapFactor: 1.0, candidates: 10, headShare: 0.6),
        plan(lists: 5, heapFactor: 1.0, candidates: 10, headShare: 0.6),
        plan(lists: 5, heapFactor: 0.9, candidates: 5, headShare: 0.6),
        plan(lists: 5, heapFactor: 0.9, candidates: 5, headShare: 0.5),
        plan(lists: 6, heapFactor: 0.9, candidates: 5, headShare: 0.6),
        plan(lists: 6, heapFactor: 0.9, candidates: 5, headShare: 0.5),
        plan(lists: 8, heapFactor: 0.9, candidates: 5, headShare: 0.6),
        plan(lists: 8, heapFactor: 0.9, candidates: 5, headShare: 0.5),
        plan(lists: 8, heapFactor: 0.9, candidates: 10, headShare: 0.5),
        plan(lists: 8, heapFactor: 0.8, candidates: 5, headShare: 0.6),
        plan(lists: 8, heapFactor: 0.8, candidates: 5, headShare: 0.5),
        plan(lists: 10, heapFactor: 0.9, candidates: 5, headShare: 0.4),
        plan(lists: 10, heapFactor: 0.8, candidates: 5, headShare: 0.4),
        plan(lists: 12, heapFactor: 0.8, candidates: 10, headShare: 0.5),
        plan(lists: 12, heapFactor: 0.8, candidates: 10, headShare: 0.3),
        plan(lists: 16, heapFactor: 0.8, candidates: 15, headShare: 0.5),
    ]

    private static func plan(lists: Int, heapFactor: Float, candidates: Int, headShare: Float) -> BlockPlan {
        BlockPlan(
            lists: lists, heapFactor: heapFactor, candidates: candidates, candidatesPerHit: 1, headShare: headShare)
    }
}

/// A description of how a search was carried out.
public struct SearchPlan: Sendable, Hashable, Codable {
    /// Whether the result is exact: every posting of the query's terms was read and every bound was proven.
    public let isExact: Bool
    /// The planner's effort, with 0 as the least; nil for an exact search.
    public let effort: Int?
    /// The recall that this effort reached when it was measured; nil for an exact search.
    public let expectedRecall: Double?
    /// Whether that recall was measured on this store (`tune`) rather than assumed.
    public let isTuned: Bool
    /// The share of the query's possible score that skipped terms could contribute together.
    public let droppedShare: Float?
    /// The minimum share of the query's possible score that a level must contribute on average to be read.
    public let levelFloor: Float?
    /// The number of posting lists of the block index that are searched; nil if it is not used.
    public let blockLists: Int?
    /// The share of the score to reach that a block's summary must exceed for the block to be visited; nil if the block
    /// index is not used.
    public let heapFactor: Float?
    /// The maximum number of documents scored exactly.
    public let candidates: Int?
    /// The class of queries whose measurements led to this effort; nil for an exact search, and for a store that was
    /// not tuned by classes.
    public let queryClass: QueryClass?
    /// The reason for choosing this plan.
    public let reason: String
}

extension SearchPlan {
    /// Creates the plan of an exact search.
    init(exactly reason: String, isTuned: Bool) {
        self.init(
            isExact: true, effort: nil, expectedRecall: nil, isTuned: isTuned, droppedShare: nil, levelFloor: nil,
            blockLists: nil, heapFactor: nil, candidates: nil, queryClass: nil, reason: reason)
    }

    /// Creates the plan of an approximate search.
    ///
    /// - Parameters:
    ///   - number: The number of an effort of the ladder; nil for another plan.
    ///   - queryClass: The class of the query, if its measurements led to the plan.
    init(
        _ effort: Effort, number: Int?, expectedRecall: Double?, isTuned: Bool, queryClass: QueryClass? = nil,
        limit: Int, _ reason: String
    ) {
        let windows: ScanPlan? = if case .windows(let plan) = effort { plan } else { nil }
        let blocks: BlockPlan? = if case .blocks(let plan) = effort { plan } else { nil }
        self.init(
            isExact: false, effort: number, expectedRecall: expectedRecall, isTuned: isTuned,
            droppedShare: windows?.dropped, levelFloor: windows?.floor, blockLists: blocks?.lists,
            heapFactor: blocks?.heapFactor, candidates: effort.candidateCount(limit: limit),
            queryClass: queryClass, reason: reason)
    }

    /// Returns the plan with another reason and whether the result turned out to be exact.
    func amended(isExact: Bool, _ reason: String) -> SearchPlan {
        guard !isExact else { return SearchPlan(exactly: reason, isTuned: isTuned) }
        return SearchPlan(
            isExact: false, effort: effort, expectedRecall: expectedRecall, isTuned: isTuned,
            droppedShare: droppedShare, levelFloor: levelFloor, blockLists: blockLists, heapFactor: heapFactor,
            candidates: candidates, queryClass: queryClass, reason: reason)
    }
}
