/// The hits of one search, best first, and details of the search. Equal scores are ordered by identifier.
///
/// With ``SearchOptions/grouping``, the hits of a group are adjacent, best first, and groups are ordered by their best
/// hits.
public struct SearchResult: Sendable, Hashable, RandomAccessCollection {
    /// The hits, best first.
    public internal(set) var hits: [Hit]
    /// The number of the searched commit.
    public let generation: UInt64
    /// The plan by which the hits were found.
    public let plan: SearchPlan
    /// Counters of the work that the search did.
    public let counters: SearchCounters
    /// The reports of all stages, including the first; empty for a single-stage search. ``plan`` and ``counters``
    /// describe the first stage.
    public var stages: [StageReport] = []
    /// The number of documents that match the filter and score above 0 and at least the minimum score. Nil unless
    /// ``SearchOptions/countsMatches`` requests it.
    public internal(set) var matches: Int?
    var page: Page?
    /// What kept shards from answering, by their positions; empty when all did.
    var failures: [Int: PartFailure] = [:]

    /// The end of this page, for ``SearchOptions/after``; nil if there are no more hits. The next page may be empty.
    /// Hits written between two pages are found if they rank after this page. In a multi-stage search, pages are
    /// consistent only if the store has not changed between them.
    public var cursor: Cursor? { page.flatMap { $0.isFull ? $0.cursor(behind: hits[...]) : nil } }

    /// Whether the documents of the first stage are proven to be the true best of that commit.
    public var isExact: Bool { plan.isExact }

    /// The reason why a stage kept the previous order; nil if all stages succeeded.
    public var fallback: StageReport.Fallback? { stages.lazy.compactMap(\.fallback).first }

    /// The position of the first hit.
    public var startIndex: Int { hits.startIndex }
    /// The position after the last hit.
    public var endIndex: Int { hits.endIndex }
    /// The hit at a position.
    public subscript(position: Int) -> Hit { hits[position] }
}

/// What kept one of the snapshots that are searched together from answering.
struct PartFailure: Sendable, Hashable {
    let error: SparseStoreError

    static func == (a: PartFailure, b: PartFailure) -> Bool {
        a.error.code == b.error.code && a.error.message == b.error.message
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(error.code)
        hasher.combine(error.message)
    }
}
