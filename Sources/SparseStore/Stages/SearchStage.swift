internal import SparseFormat

/// One stage of a search after the first. Stages run in the order they are given.
public struct SearchStage: Sendable {
    enum Kind: Sendable {
        case rerank(any Reranker, Fusion?)
        case feedback(Feedback)
        case fuse(ExternalRanking, Fusion)
        case minimumScore(Float)
    }

    let kind: Kind
    /// Documents of the stage before that it looks at.
    let candidates: Int

    /// Scores the best `candidates` documents of the stage before with a reranker; those behind them stay behind them.
    ///
    /// - Parameters:
    ///   - reranker: what scores them.
    ///   - candidates: 1...`Limits.maximumResults`.
    ///   - fusion: how the order that the scored documents had and their new one become one; nil for the new one alone.
    public static func rerank(
        _ reranker: any Reranker, candidates: Int = 50, fusedBy fusion: Fusion? = nil
    ) -> SearchStage {
        SearchStage(kind: .rerank(reranker, fusion), candidates: candidates)
    }

    /// Searches anew with the query that feedback has made. Its scores are those of the new query.
    public static func feedback(_ feedback: Feedback = Feedback()) -> SearchStage {
        let candidates = if case .best(let count) = feedback.source { count } else { 1 }
        return SearchStage(kind: .feedback(feedback), candidates: candidates)
    }

    /// Makes one ranking of the best `candidates` documents of the stage before and those of an external ranking.
    ///
    /// Documents that only the external ranking has are scored the way the stage before scores: by their exact inner
    /// product, or by its reranker. Documents that the snapshot does not have, or that the filter does not let through,
    /// are left out and counted in the report.
    ///
    /// - Parameters:
    ///   - ranking: the external ranking, the second of the two.
    ///   - fusion: how the two become one.
    ///   - candidates: 1...`Limits.maximumResults`.
    public static func fuse(
        _ ranking: ExternalRanking, by fusion: Fusion = .reciprocalRank(), candidates: Int = 100
    ) -> SearchStage {
        SearchStage(kind: .fuse(ranking, fusion), candidates: candidates)
    }

    /// Leaves out the documents that the stage before gave a lower score, and those that it gave none.
    ///
    /// - Parameter least: finite.
    public static func minimumScore(_ least: Float) -> SearchStage {
        SearchStage(kind: .minimumScore(least), candidates: 1)
    }

    /// What the stage does, in a few words.
    var name: String {
        switch kind {
        case .rerank(let reranker, let fusion): "\(reranker.name) \(candidates) \(fusion.map { "\($0.method)" } ?? "")"
        case .feedback: "feedback \(candidates)"
        case .fuse(_, let fusion): "fuse \(candidates) \(fusion.method)"
        case .minimumScore(let least): "minimum \(least)"
        }
    }

    /// - Throws: `invalidArgument` or `limitExceeded` for a parameter outside its range.
    func check() throws(SparseStoreError) {
        switch kind {
        case .rerank(_, let fusion): try fusion?.check()
        case .feedback(let feedback): return try feedback.check()
        case .fuse(let ranking, let fusion):
            try ranking.check()
            try fusion.check()
        case .minimumScore(let least):
            guard least.isFinite else {
                throw SparseStoreError(.invalidArgument, "the minimum score of a stage is \(least); it must be finite")
            }
        }
        try Self.check(candidates: candidates)
    }

    static func check(candidates: Int) throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw SparseStoreError(
                .invalidArgument, "a stage takes \(candidates) candidates; give 1...\(Limits.maximumResults)")
        }
    }
}
