/// How a search was carried out.
public struct SearchPlan: Sendable, Hashable, Codable {
    /// Every posting of the query's terms was read and every bound proven.
    public let isExact: Bool
    /// The planner's effort, 0 the least; nil for an exact search.
    public let effort: Int?
    /// Recall that this effort reached when it was measured; nil for an exact search.
    public let expectedRecall: Double?
    /// Whether that recall was measured on this store (`tune`) or is assumed.
    public let isTuned: Bool
    /// Share of the query's possible score that left-out terms could bring together.
    public let droppedShare: Float?
    /// Least share of the query's possible score that a level must bring on average to be read.
    public let levelFloor: Float?
    /// Posting lists of the block index that are looked into; nil when it is not used.
    public let blockLists: Int?
    /// The share of what a document must reach that a block must promise to be visited; nil when it is not used.
    public let heapFactor: Float?
    /// Documents scored exactly at the most.
    public let candidates: Int?
    /// Why this plan was chosen.
    public let reason: String
}
