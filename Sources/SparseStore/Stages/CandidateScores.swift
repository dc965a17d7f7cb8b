/// The output of a reranker: scores of some or all candidates of one stage, and counters of its costs.
public struct CandidateScores: Sendable {
    /// The reranker's costs by name, for the report of the stage.
    public var counters: [String: Int] = [:]
    /// The number of candidates that have a score.
    public private(set) var scored = 0

    private var scores: [Float?]

    /// Creates an empty set of scores for `count` candidates.
    init(count: Int) { scores = Array(repeating: nil, count: count) }

    /// The score of the candidate at a rank; nil if it has none.
    public subscript(rank: Int) -> Float? { scores.indices.contains(rank) ? scores[rank] : nil }

    /// Sets the score of a candidate, replacing an earlier score.
    ///
    /// - Throws: `invalidArgument` for a score that is not finite and for a candidate of another stage.
    public mutating func set(_ score: Float, for candidate: Candidate) throws(SparseStoreError) {
        try set(score, at: candidate.rank)
    }

    mutating func set(_ score: Float, at rank: Int) throws(SparseStoreError) {
        guard score.isFinite else {
            throw SparseStoreError(
                .invalidArgument,
                "a reranker gave the candidate at rank \(rank) the score \(score); return finite scores")
        }
        guard scores.indices.contains(rank) else {
            throw SparseStoreError(
                .invalidArgument,
                "a reranker scored rank \(rank), but there are \(scores.count) candidates; score only the candidates")
        }
        if scores[rank] == nil { scored += 1 }
        scores[rank] = score
    }
}

extension CandidateScores {
    /// The ranks of the candidates in their new order: those with a score, best first, then the others.
    var order: [Int] {
        let ranks = scores.indices
        let best = ranks.compactMap { rank in scores[rank].map { (rank, $0) } }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        return best.map(\.0) + ranks.filter { scores[$0] == nil }
    }
}
