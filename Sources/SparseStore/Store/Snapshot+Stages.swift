internal import SparseFormat

extension Snapshot: StoredDocuments {}

extension Snapshot {
    /// Returns the best documents by inner product, reordered by a reranker. The first stage finds `candidates`
    /// documents, or `limit` if that is larger. Documents that the reranker does not score follow in the order of the
    /// first stage.
    ///
    /// - Throws: The errors of ``search(_:options:)``; `invalidArgument` for `candidates` outside
    ///   1...`Limits.maximumResults` or a score that is not finite; and the errors of the reranker.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try search(
            query, options: SearchOptions(limit: limit, recall: recall),
            stages: [.rerank(reranker, candidates: candidates)])
    }

    /// Returns the best documents after several stages, all in this snapshot. Each stage takes the ranking of the
    /// previous one, and the last stage returns `options.limit` hits. The filter, recall, and minimum score apply to
    /// the first stage. With a grouping, the first stage finds as many groups as any stage takes candidates, later
    /// stages rank their documents, and the final ranking is grouped.
    ///
    /// - Throws: The errors of ``search(_:options:)``, `invalidArgument` for a stage's parameter outside its range, and
    ///   the errors of a reranker.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) throws -> SearchResult {
        try SparseStoreError.translate {
            try source.reporting { try SearchScope(self).search(query, options, stages) }
        }
    }
}
