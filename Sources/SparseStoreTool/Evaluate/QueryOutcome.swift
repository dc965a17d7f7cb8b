internal import SparseInterchange
internal import SparseStore

/// The answer to one query and what it cost.
struct QueryOutcome: Sendable {
    var hits: [ScoredDocument] = []
    /// Whether the answer is proven exact. The empty answer to a query without terms is exact.
    var isExact = true
    var counters = SearchCounters()
    /// The work of each stage; empty for a search with one stage.
    var stages: [StageReport] = []
    /// How long the search took; nil if the query had no terms.
    var nanoseconds: Int64?
}
