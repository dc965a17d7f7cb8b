public import SparseFormat

/// Late interaction: scores a candidate by the sum, over the query's token vectors, of the largest inner product with one
/// of the candidate's (Khattab and Zaharia, ColBERT, SIGIR 2020).
///
/// Candidates without a multivector get no score. ``alpha`` and ``beta`` leave out candidates that hardly reach the
/// answer (Martinico et al., Multivector Reranking in the Era of Strong First-Stage Retrievers, ECIR 2026). Both need
/// candidates in the order of the stage before, best first, and never leave out one of the first `limit`.
public struct MaxSim: Reranker {
    /// `maxsim`.
    public let name = "maxsim"
    /// The query's token vectors: at most `Limits.maximumQueryTokens`, of the store's dimension.
    public var query: Multivector
    /// Candidate pruning, from 0 to 1: a candidate is left out when the stage before scored it less than 1 - alpha times
    /// the score of the last of the first `limit`. Nil to prune none.
    public var alpha: Float?
    /// Early exit, 1 or more: scoring ends when so many candidates in a row have not come among the best `limit`. Nil to
    /// score all.
    public var beta: Int?

    /// - Parameters:
    ///   - query: at most `Limits.maximumQueryTokens` token vectors of the store's dimension.
    ///   - alpha: candidate pruning, 0...1.
    ///   - beta: early exit, 1 or more.
    public init(_ query: Multivector, alpha: Float? = nil, beta: Int? = nil) {
        self.query = query
        self.alpha = alpha
        self.beta = beta
    }

    /// Scores the candidates that have a multivector and are not left out.
    ///
    /// - Throws: `invalidArgument` for `alpha` and `beta` outside their ranges, `limitExceeded` for too long a query,
    ///   `dimensionMismatch`, `corrupted`.
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

    /// What the stage before must have given a candidate that is not among its first `limit`.
    private func leastScore(_ candidates: Candidates, limit: Int) -> Float {
        guard let alpha, candidates.count > limit else { return -.infinity }
        let last = candidates[limit - 1].score
        return last - alpha * last.magnitude
    }

    private func check() throws(SparseStoreError) {
        guard query.count <= Limits.maximumQueryTokens else {
            throw SparseStoreError(
                .limitExceeded,
                "the query has \(query.count) token vectors; the limit is \(Limits.maximumQueryTokens)")
        }
        if let alpha, !(0...1).contains(alpha) {
            throw SparseStoreError(.invalidArgument, "alpha is \(alpha); give 0...1, or nil to prune no candidate")
        }
        if let beta, beta < 1 {
            throw SparseStoreError(.invalidArgument, "beta is \(beta); give 1 or more, or nil to score all candidates")
        }
    }

    /// What the stage has done.
    private struct Work {
        var pruned = 0
        /// Candidates behind an early exit.
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
    /// Late interaction with the stored token vectors: `.maxSim(queryTokens)`.
    ///
    /// - Parameters:
    ///   - query: at most `Limits.maximumQueryTokens` token vectors of the store's dimension.
    ///   - alpha: candidate pruning, 0...1; nil for none. See ``MaxSim/alpha``.
    ///   - beta: early exit, 1 or more; nil for none. See ``MaxSim/beta``.
    public static func maxSim(_ query: Multivector, alpha: Float? = nil, beta: Int? = nil) -> MaxSim {
        MaxSim(query, alpha: alpha, beta: beta)
    }
}
