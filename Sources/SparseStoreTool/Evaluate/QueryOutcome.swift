internal import SparseInterchange
internal import SparseStore

/// The answer to one query and what it cost.
struct QueryOutcome: Sendable {
    var hits: [ScoredDocument] = []
    /// Whether the answer is proven to be the true one. Where nothing was asked, nothing is the true answer.
    var isExact = true
    var counters = SearchCounters()
    /// What each stage did; empty for a search of one stage.
    var stages: [StageReport] = []
    /// How long it took; nil where there was nothing to ask.
    var nanoseconds: Int64?
}
