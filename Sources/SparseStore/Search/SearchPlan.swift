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
    /// The reason for choosing this plan.
    public let reason: String
}
