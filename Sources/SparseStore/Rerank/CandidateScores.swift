/// What a reranker has found out: scores of some or all candidates of one stage, and what that took.
public struct CandidateScores: Sendable {
    /// Costs of the reranker's own, by name: they stand in the stage's report.
    public var counters: [String: Int] = [:]
    /// Candidates that have a score.
    public private(set) var scored = 0

    private var scores: [Float?]

    /// No scores yet, for so many candidates.
    init(count: Int) { scores = Array(repeating: nil, count: count) }

    /// The score of the candidate with a rank; nil when it has none.
    public subscript(rank: Int) -> Float? { scores.indices.contains(rank) ? scores[rank] : nil }

    /// Scores a candidate, whatever its score was.
    ///
    /// - Throws: `invalidArgument` for a score that is not finite and for a candidate of another stage.
    public mutating func set(_ score: Float, for candidate: Candidate) throws(SparseStoreError) {
        try set(score, at: candidate.rank)
    }

    mutating func set(_ score: Float, at rank: Int) throws(SparseStoreError) {
        guard score.isFinite else {
            throw SparseStoreError(
                .invalidArgument,
                "a reranker scored the candidate of rank \(rank) with \(score); scores must be finite")
        }
        guard scores.indices.contains(rank) else {
            throw SparseStoreError(
                .invalidArgument,
                "a reranker scored rank \(rank) of \(scores.count) candidates; score those it was given")
        }
        if scores[rank] == nil { scored += 1 }
        scores[rank] = score
    }
}

extension CandidateScores {
    /// The ranking with its first documents, which are the candidates, in their new order.
    func applied(to ranking: [RankedDocument]) -> [RankedDocument] {
        var scored: [(rank: Int, score: Float)] = []
        var unscored: [RankedDocument] = []
        for (rank, document) in ranking.enumerated() {
            if let score = self[rank] {
                scored.append((rank, score))
            } else {
                unscored.append(document)
                unscored[unscored.count - 1].stageScores.append(nil)
            }
        }
        scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.rank < $1.rank }
        return scored.map { rank, score in
            var document = ranking[rank]
            document.score = score
            document.stageScores.append(score)
            return document
        } + unscored
    }
}
