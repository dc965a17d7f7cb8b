/// A second stage that scores the candidates of the first stage.
///
/// The candidates are then ordered by their new scores; equal scores keep the previous order. Candidates without a new
/// score follow all others, also in the previous order.
///
/// A reranker must be safe to use from several threads.
public protocol Reranker: Sendable {
    /// The name of the stage in `explain`.
    var name: String { get }

    /// Scores candidates.
    ///
    /// - Parameters:
    ///   - candidates: The candidates, best first as ranked by the previous stage; at least one.
    ///   - limit: The number of best candidates that matter, at least 1. A reranker that knows the best `limit` may
    ///     skip the others. It may exceed the number of candidates.
    ///   - scores: Receives the scores and counters.
    /// - Throws: Any error; the search rethrows it.
    func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws
}
