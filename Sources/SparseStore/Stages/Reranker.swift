/// A second stage: scores the candidates that a first stage has found.
///
/// The candidates are then in the order of their new scores; where these are equal, in the order they came in. Those
/// without a new score stand behind all that have one, also in the order they came in.
///
/// A reranker may be used by many threads at once.
public protocol Reranker: Sendable {
    /// What `explain` calls the stage.
    var name: String { get }

    /// Scores candidates.
    ///
    /// - Parameters:
    ///   - candidates: best first, as the stage before ranked them; at least one.
    ///   - limit: how many of the best count, at least 1. A reranker that knows the best `limit` may leave the others
    ///     without a score. It may be more than there are candidates.
    ///   - scores: takes the scores and counters.
    /// - Throws: anything; the search then throws it.
    func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws
}
