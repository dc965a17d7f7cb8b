internal import SparseFormat

/// A stage of a search after the first. Stages run in the given order.
public struct SearchStage: Sendable {
    enum Kind: Sendable {
        case rerank(any Reranker, Fusion?)
        case feedback(Feedback)
        case fuse(ExternalRanking, Fusion)
        case minimumScore(Float)
        case boost([Boost], BoostCombination)
    }

    let kind: Kind
    /// The number of documents of the previous stage that it uses.
    let candidates: Int

    /// Returns a stage that scores the best `candidates` documents of the previous stage with a reranker. The other
    /// documents follow them.
    ///
    /// - Parameters:
    ///   - reranker: The reranker.
    ///   - candidates: The number of documents to score, 1...`Limits.maximumResults`.
    ///   - fusion: The fusion of the previous and the new order of the scored documents; nil to use the new one alone.
    public static func rerank(
        _ reranker: any Reranker, candidates: Int = 50, fusedBy fusion: Fusion? = nil
    ) -> SearchStage {
        SearchStage(kind: .rerank(reranker, fusion), candidates: candidates)
    }

    /// Returns a stage that searches again with the query that feedback derives. The scores are those of the new query.
    public static func feedback(_ feedback: Feedback = Feedback()) -> SearchStage {
        let candidates = if case .best(let count) = feedback.source { count } else { 1 }
        return SearchStage(kind: .feedback(feedback), candidates: candidates)
    }

    /// Returns a stage that combines the best `candidates` documents of the previous stage with an external ranking.
    ///
    /// Documents that are only in the external ranking are scored as in the previous stage, by their exact inner
    /// product or by its reranker. Documents that are not in the snapshot or do not match the filter are ignored and
    /// counted in the report.
    ///
    /// - Parameters:
    ///   - ranking: The external ranking, which is the second of the two.
    ///   - fusion: The method to combine the rankings.
    ///   - candidates: The number of documents to use, 1...`Limits.maximumResults`.
    public static func fuse(
        _ ranking: ExternalRanking, by fusion: Fusion = .reciprocalRank(), candidates: Int = 100
    ) -> SearchStage {
        SearchStage(kind: .fuse(ranking, fusion), candidates: candidates)
    }

    /// Returns a stage that drops documents whose score in the previous stage is missing or below a minimum.
    ///
    /// - Parameter least: The minimum score, which must be finite.
    public static func minimumScore(_ least: Float) -> SearchStage {
        SearchStage(kind: .minimumScore(least), candidates: 1)
    }

    /// Changes the scores of the best `candidates` documents of the previous stage by their attributes and tags. The
    /// other documents keep their places behind them.
    ///
    /// - Parameters:
    ///   - boosts: The boosts. Each gives a document a number, or nothing.
    ///   - combination: The way to combine the previous score and the numbers.
    ///   - candidates: The number of documents to boost, 1...`Limits.maximumResults`.
    public static func boost(
        _ boosts: [Boost], combinedBy combination: BoostCombination = .product, candidates: Int = 100
    ) -> SearchStage {
        SearchStage(kind: .boost(boosts, combination), candidates: candidates)
    }

    /// A short description of the stage.
    var name: String {
        switch kind {
        case .rerank(let reranker, let fusion): "\(reranker.name) \(candidates) \(fusion.map { "\($0.method)" } ?? "")"
        case .feedback: "feedback \(candidates)"
        case .fuse(_, let fusion): "fuse \(candidates) \(fusion.method)"
        case .minimumScore(let least): "minimum \(least)"
        case .boost(let boosts, let combination):
            "boost \(candidates) \(combination) \(Self.hash(of: boosts))"
        }
    }

    private static func hash(of boosts: [Boost]) -> UInt64 {
        var writer = ByteWriter()
        for boost in boosts { boost.encode(into: &writer) }
        return XXH64.hash(writer.bytes, seed: 0)
    }

    /// - Throws: `invalidArgument` or `limitExceeded` for a parameter outside its range.
    func check() throws(SparseStoreError) {
        switch kind {
        case .rerank(_, let fusion): try fusion?.check()
        case .feedback(let feedback): return try feedback.check()
        case .fuse(let ranking, let fusion):
            try ranking.check()
            try fusion.check()
        case .boost(let boosts, _):
            for boost in boosts { try boost.check() }
        case .minimumScore(let least):
            guard least.isFinite else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the minimum score of a stage is \(least)",
                    remedy: "use a finite number")
            }
        }
        try Self.check(candidates: candidates)
    }

    static func check(candidates: Int) throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw SparseStoreError(
                .invalidArgument, problem: "a stage has \(candidates) candidates",
                remedy: "use 1...\(Limits.maximumResults)")
        }
    }
}
