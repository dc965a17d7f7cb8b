/// The hits of one search, best first (equal scores by identifier), and how they were found.
///
/// With ``SearchOptions/grouping`` the hits of one group stand together, best first, and the groups are in the order of
/// their best hits.
public struct SearchResult: Sendable, Hashable, RandomAccessCollection {
    /// The hits, best first.
    public internal(set) var hits: [Hit]
    /// The commit that was searched.
    public let generation: UInt64
    /// How the hits were found.
    public let plan: SearchPlan
    /// What the search touched.
    public let counters: SearchCounters
    /// What each stage did, the first one included; empty for a search of one stage. Plan and counters are then the
    /// first stage's.
    public var stages: [StageReport] = []
    /// How many documents match: those that the filter lets through and that score above 0, and not less than the minimum
    /// score. Nil unless ``SearchOptions/countsMatches`` asked for it.
    public internal(set) var matches: Int?
    var page: Page?

    /// Where this page ends, for ``SearchOptions/after``; nil when there are no further hits. The page that follows may be
    /// empty. Hits that are written between two pages are found when they rank behind this page; of a search of several
    /// stages, pages join when the store has not changed between them.
    public var cursor: Cursor? { page.flatMap { $0.isFull ? $0.cursor(behind: hits[...]) : nil } }

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
