internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// What `search` and `eval` do after the first stage. The stages come in this order, whatever the order of the options:
/// feedback, fusion, reranking.
struct StageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Search again with a query moved towards the best documents: 'docs=3,terms=20,weight=0.2'.",
            discussion: "'interpolate=W' adds both rankings after min-max normalising, W the share of the new one."),
        transform: FeedbackOption.parse)
    var feedback: Feedback?

    @Option(help: "Fuse the answer with the rankings of this TREC run, of a dense index for instance.")
    var fuse: String?

    @Option(help: "How to fuse: 'rrf' (reciprocal ranks), 'minmax' or 'zscore' (weighted sum of normalised scores).")
    var fuseMethod: FusionMethodOption?

    @Option(help: "The share of the run's scores in the sum, 0 to 1, for 'minmax' and 'zscore'. (default: 0.5)")
    var fuseWeight: Double?

    @Option(help: "How many documents of the answer so far are fused. (default: 100)")
    var fuseDepth: Int?

    @OptionGroup var reranking: RerankOptions

    func validate() throws {
        if fuse == nil, fuseMethod != nil || fuseWeight != nil || fuseDepth != nil {
            throw ValidationError("--fuse-method, --fuse-weight and --fuse-depth need --fuse FILE")
        }
        if let fuseWeight {
            guard (0...1).contains(fuseWeight) else {
                throw ValidationError("--fuse-weight is to be 0 to 1, not \(fuseWeight)")
            }
            guard fuseMethod ?? .rrf != .rrf else {
                throw ValidationError("--fuse-weight needs --fuse-method minmax or zscore: ranks are not weighted")
            }
        }
        if let fuseDepth, !(1...Limits.maximumResults).contains(fuseDepth) {
            throw ValidationError("--fuse-depth is to be 1 to \(Limits.maximumResults), not \(fuseDepth)")
        }
    }

    /// Whether there is only the search itself.
    var isEmpty: Bool { feedback == nil && fuse == nil && reranking.rerank == nil }

    /// Reads the files that the options name.
    /// - Parameters:
    ///   - queries: of the file of queries.
    ///   - chosen: the place of the one that is asked; nil when all are.
    func read(for queries: [QueryRecord], chosen: Int? = nil) throws -> StagePlan {
        StagePlan(
            feedback: feedback, run: try fuse.map { try TRECRun(path: $0) },
            fusion: (fuseMethod ?? .rrf).fusion(weight: fuseWeight ?? 0.5), depth: fuseDepth ?? 100,
            reranking: try reranking.read(for: queries, chosen: chosen))
    }
}
