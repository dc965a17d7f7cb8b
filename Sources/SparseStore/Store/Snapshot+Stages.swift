internal import SparseFormat

extension Snapshot: StoredDocuments {}

extension Snapshot {
    /// The best documents by inner product, ranked anew by a reranker. The first stage finds `candidates`, or `limit` if
    /// that is more; those that the reranker does not score follow in the first stage's order.
    ///
    /// - Throws: what ``search(_:options:)`` throws, `invalidArgument` for `candidates` outside
    ///   1...`Limits.maximumResults` or a score that is not finite, and what the reranker throws.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try search(
            query, options: SearchOptions(limit: limit, recall: recall),
            stages: [.rerank(reranker, candidates: candidates)])
    }

    /// The best documents after several stages, all of this snapshot: each stage takes what the one before has ranked,
    /// and the last answers `options.limit`. Filter, recall and minimum score hold for the first stage. With a grouping the
    /// first stage finds as many groups as a stage takes candidates, stages rank their documents, and the answer is grouped
    /// by what the last stage has made of them.
    ///
    /// - Throws: what ``search(_:options:)`` throws, `invalidArgument` for a stage's parameter outside its range, and
    ///   what a reranker throws.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) throws -> SearchResult {
        try SparseStoreError.translate {
            try source.reporting {
                try options.check()
                var search = try StagedSearch(self, query, options, stages)
                try search.run()
                return try search.result()
            }
        }
    }
}
