internal import SparseFormat

/// One stage of a search after the first.
public struct SearchStage: Sendable {
    enum Kind: Sendable {
        case rerank(any Reranker, candidates: Int)
    }

    let kind: Kind

    /// Scores the best `candidates` documents of the stage before with a reranker; those behind them stay behind them.
    public static func rerank(_ reranker: any Reranker, candidates: Int = 50) -> SearchStage {
        SearchStage(kind: .rerank(reranker, candidates: candidates))
    }

    /// Documents of the stage before that it looks at.
    var candidates: Int {
        switch kind {
        case .rerank(_, let candidates): candidates
        }
    }

    /// - Throws: `invalidArgument` for a parameter outside its range.
    func check() throws {
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw SparseStoreError(
                .invalidArgument, "a stage takes \(candidates) candidates; give 1...\(Limits.maximumResults)")
        }
    }
}
