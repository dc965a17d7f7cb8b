/// A reranker made from a closure that scores one candidate at a time.
public struct ScoringReranker: Reranker {
    /// The name of the stage in `explain`.
    public let name: String
    private let score: @Sendable (Candidate) throws -> Float?

    init(_ name: String, _ score: @escaping @Sendable (Candidate) throws -> Float?) {
        self.name = name
        self.score = score
    }

    /// Scores every candidate for which the closure returns a score.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        for candidate in candidates {
            if let score = try score(candidate) { try scores.set(score, for: candidate) }
        }
    }
}

extension Reranker where Self == ScoringReranker {
    /// Returns a reranker that calls a closure: `.scoring { candidate in ... }`.
    ///
    /// - Parameters:
    ///   - name: The name of the stage in `explain`.
    ///   - score: Returns the new score of a candidate, which must be finite. Candidates with nil follow those with a
    ///     score.
    public static func scoring(
        _ name: String = "closure", _ score: @escaping @Sendable (Candidate) throws -> Float?
    ) -> ScoringReranker { ScoringReranker(name, score) }
}
