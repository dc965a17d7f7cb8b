public import SparseFormat

/// Reranks candidates by late interaction. The score is the sum, over the query's token vectors, of the largest inner
/// product with a token vector of the candidate (Khattab and Zaharia, ColBERT, SIGIR 2020).
///
/// Candidates without a multivector get no score. ``alpha`` and ``beta`` make the reranker skip candidates that are
/// unlikely to be in the result (Martinico et al., Multivector Reranking in the Era of Strong First-Stage Retrievers,
/// ECIR 2026). Candidates must be in the order of the previous stage, best first. The first `limit` are never skipped.
public struct MaxSim: Reranker {
    /// The name of the stage in `explain`: `maxsim`.
    public let name = "maxsim"
    /// The query's token vectors: at most `Limits.maximumQueryTokens`, with the store's dimension.
    public var query: Multivector
    /// The threshold of candidate pruning, 0...1. A candidate is skipped if its previous score is less than 1 - alpha
    /// times that of the last of the first `limit` candidates. Nil disables pruning.
    public var alpha: Float?
    /// The threshold of early exit, 1 or more. Scoring ends when this many consecutive candidates have not reached the
    /// best `limit`. Nil disables early exit.
    public var beta: Int?

    /// Creates a reranker.
    ///
    /// - Parameters:
    ///   - query: At most `Limits.maximumQueryTokens` token vectors with the store's dimension.
    ///   - alpha: The threshold of candidate pruning, 0...1; nil disables it.
    ///   - beta: The threshold of early exit, 1 or more; nil disables it.
    public init(_ query: Multivector, alpha: Float? = nil, beta: Int? = nil) {
        self.query = query
        self.alpha = alpha
        self.beta = beta
    }

    /// Scores the candidates that have a multivector and are not skipped.
    ///
    /// - Throws: `invalidArgument` for `alpha` and `beta` outside their ranges, `limitExceeded` for a query with too
    ///   many token vectors, `dimensionMismatch`, `corrupted`.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        try check()
        let scorer = MaxSimScorer(query)
        var best = BoundedMinimumHeap(capacity: limit, least: -Float.infinity)
        let least = leastScore(candidates, limit: limit)
        var work = Work()
        var stalls = 0
        for candidate in candidates {
            if candidate.rank >= limit {
                if candidate.score < least {
                    work.pruned += 1
                    continue
                }
                if let beta, stalls >= beta {
                    work.left = candidates.count - candidate.rank
                    break
                }
            }
            guard let score = try work.score(candidate, scorer) else { continue }
            try scores.set(score, for: candidate)
            let improves = !best.isFull || score > best.minimum
            best.insert(score)
            stalls = improves ? 0 : stalls + 1
        }
        scores.counters = work.counters
    }

    /// Returns the previous score that a candidate after the first `limit` must have.
    private func leastScore(_ candidates: Candidates, limit: Int) -> Float {
        guard let alpha, candidates.count > limit else { return -.infinity }
        let last = candidates[limit - 1].score
        return last - alpha * last.magnitude
    }

    private func check() throws(SparseStoreError) {
        guard query.count <= Limits.maximumQueryTokens else {
            throw SparseStoreError(
                .limitExceeded, problem: "the query has \(query.count) token vectors",
                remedy: "use at most \(Limits.maximumQueryTokens)")
        }
        if let alpha, !(0...1).contains(alpha) {
            throw SparseStoreError(
                .invalidArgument, problem: "alpha is \(alpha)",
                remedy: "use 0...1, or nil to turn off pruning")
        }
        if let beta, beta < 1 {
            throw SparseStoreError(
                .invalidArgument, problem: "beta is \(beta)",
                remedy: "use 1 or more, or nil to score all candidates")
        }
    }

    /// The work of the stage.
    private struct Work {
        var pruned = 0
        /// The number of candidates skipped by early exit.
        var left = 0
        var missing = 0
        var tokens = 0
        var bytes = 0

        var counters: [String: Int] {
            ["pruned": pruned, "left": left, "without_multivector": missing, "tokens": tokens, "bytes": bytes]
        }

        mutating func score(_ candidate: Candidate, _ scorer: MaxSimScorer) throws -> Float? {
            let (score, count, size): (Float?, Int, Int) = try candidate.withMultivector { view, table in
                guard let view else { return (nil, 0, 0) }
                return (try scorer.score(view, codebook: table), view.count, view.data.count)
            }
            if score == nil { missing += 1 }
            tokens += count
            bytes += size
            return score
        }
    }
}

extension Reranker where Self == MaxSim {
    /// Returns a reranker by late interaction with the stored token vectors: `.maxSim(queryTokens)`.
    ///
    /// - Parameters:
    ///   - query: At most `Limits.maximumQueryTokens` token vectors with the store's dimension.
    ///   - alpha: The threshold of candidate pruning, 0...1; nil disables it. See ``MaxSim/alpha``.
    ///   - beta: The threshold of early exit, 1 or more; nil disables it. See ``MaxSim/beta``.
    public static func maxSim(_ query: Multivector, alpha: Float? = nil, beta: Int? = nil) -> MaxSim {
        MaxSim(query, alpha: alpha, beta: beta)
    }
}
