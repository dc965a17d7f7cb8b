/// The hits of one search, best first (equal scores by identifier), and how they were found.
public struct SearchResult: Sendable, Hashable, RandomAccessCollection {
    /// The hits, best first.
    public let hits: [Hit]
    /// The commit that was searched.
    public let generation: UInt64
    /// How the hits were found.
    public let plan: SearchPlan
    /// What the search touched.
    public let counters: SearchCounters
    /// What each stage did, the first one included; empty for a search of one stage. Plan and counters are then the
    /// first stage's.
    public var stages: [StageReport] = []

    /// Whether the first stage's documents are proven to be the true best of that commit.
    public var isExact: Bool { plan.isExact }

    /// Why a stage left the order as it was; nil when all did what they were to do.
    public var fallback: StageReport.Fallback? { stages.lazy.compactMap(\.fallback).first }

    /// The position of the first hit.
    public var startIndex: Int { hits.startIndex }
    /// The position past the last hit.
    public var endIndex: Int { hits.endIndex }
    /// The hit at a position.
    public subscript(position: Int) -> Hit { hits[position] }
}
