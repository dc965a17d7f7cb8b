/// A reranker made of a closure that scores one candidate at a time.
public struct ScoringReranker: Reranker {
    /// What `explain` calls the stage.
    public let name: String
    private let score: @Sendable (Candidate) throws -> Float?

    init(_ name: String, _ score: @escaping @Sendable (Candidate) throws -> Float?) {
        self.name = name
        self.score = score
    }

    /// Scores every candidate for which the closure has a score.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        for candidate in candidates {
            if let score = try score(candidate) { try scores.set(score, for: candidate) }
        }
    }
}

extension Reranker where Self == ScoringReranker {
    /// A closure as reranker: `.scoring { candidate in ... }`.
    ///
    /// - Parameters:
    ///   - name: what `explain` calls the stage.
    ///   - score: the new score of a candidate, finite; nil leaves it behind those that have one.
    public static func scoring(
        _ name: String = "closure", _ score: @escaping @Sendable (Candidate) throws -> Float?
    ) -> ScoringReranker { ScoringReranker(name, score) }
}
