extension Store {
    /// Returns the best documents of the newest commit by inner product, reordered by a reranker. See
    /// ``Snapshot/search(_:limit:candidates:rerankedBy:recall:)``.
    public func search(
        _ query: Query, limit: Int = 10, candidates: Int = 50, rerankedBy reranker: any Reranker,
        recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try read {
            try $0.search(query, limit: limit, candidates: candidates, rerankedBy: reranker, recall: recall)
        }
    }

    /// Returns the best documents of the newest commit after several stages. See
    /// ``Snapshot/search(_:options:stages:)``.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage]) throws -> SearchResult {
        try read { try $0.search(query, options: options, stages: stages) }
    }

    /// Returns the exact scores of given documents in the newest commit. See ``Snapshot/scores(_:of:weighting:)``.
    public func scores(
        _ query: Query, of ids: [String], weighting: Weighting = .none
    ) throws(SparseStoreError) -> [Float?] {
        try SparseStoreError.wrap { try source.snapshot() }.scores(query, of: ids, weighting: weighting)
    }
}
