internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// What `search` and `eval` do after the first stage. The stages come in this order, whatever the order of the options:
/// feedback, fusion, reranking, boosts, diversity, the minimum score.
struct StageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Search again with the query expanded by terms of the top documents: 'docs=3,terms=20,weight=0.2'.",
            discussion: "'interpolate=W' adds both rankings after min-max normalization, with weight W for the new one."
        ),
        transform: FeedbackOption.parse)
    var feedback: Feedback?

    @Option(help: "Fuse the hits with the rankings of this TREC run, for example from a dense index.")
    var fuse: String?

    @Option(
        help: "The fusion method: 'rrf' (reciprocal ranks), 'minmax' or 'zscore' (weighted sum of normalized scores).")
    var fuseMethod: FusionMethodOption?

    @Option(help: "The weight of the run's scores for 'minmax' and 'zscore', from 0 to 1. (default: 0.5)")
    var fuseWeight: Double?

    @Option(help: "The number of documents of the previous stage to fuse. (default: 100)")
    var fuseDepth: Int?

    @OptionGroup var reranking: RerankOptions

    @Option(
        help: ArgumentHelp(
            """
            Change the scores of the candidates by attributes: 'decay:NAME,from=now,scale=30d', 'value:NAME,by=log1p' or \
            'filter:1.5:FILTER'. May be given more than once.
            """, valueName: "boost"),
        transform: BoostOption.parse)
    var boost: [Boost] = []

    @Option(
        help: "How the score and the boosts become one: 'product' or 'sum'. (default: product)",
        transform: BoostOption.parseCombination)
    var boostBy: BoostCombination?

    @Option(
        help: """
            Rank the candidates so that those at the top are unlike each other (MMR): 1 keeps the order, 0 looks at the \
            differences alone.
            """)
    var diversity: Float?

    @Option(parsing: .unconditional, help: "Leave out hits to which the last stage gave a lower score.")
    var minimumLastScore: Float?

    func validate() throws {
        if boostBy != nil, boost.isEmpty { throw ValidationError("--boost-by needs --boost") }
        if let diversity, !(0...1).contains(diversity) {
            throw ValidationError("--diversity is to be 0 to 1, not \(diversity)")
        }
        if let minimumLastScore, !minimumLastScore.isFinite {
            throw ValidationError("--minimum-last-score is to be a finite number")
        }
        if fuse == nil, fuseMethod != nil || fuseWeight != nil || fuseDepth != nil {
            throw ValidationError("--fuse-method, --fuse-weight and --fuse-depth need --fuse FILE")
        }
        if let fuseWeight {
            guard (0...1).contains(fuseWeight) else {
                throw ValidationError("--fuse-weight must be between 0 and 1, not \(fuseWeight)")
            }
            guard fuseMethod ?? .rrf != .rrf else {
                throw ValidationError("--fuse-weight needs --fuse-method minmax or zscore, because rrf has no weight")
            }
        }
        if let fuseDepth, !(1...Limits.maximumResults).contains(fuseDepth) {
            throw ValidationError("--fuse-depth must be between 1 and \(Limits.maximumResults), not \(fuseDepth)")
        }
    }

    /// Whether there is only the search itself.
    var isEmpty: Bool {
        feedback == nil && fuse == nil && reranking.rerank == nil && boost.isEmpty && diversity == nil
            && minimumLastScore == nil
    }

    /// The files that the options name.
    var inputs: [String?] { [fuse, reranking.queryMultivectors, reranking.queryOffsets] }

    /// Reads the files that the options name.
    /// - Parameters:
    ///   - queries: The queries of the file.
    ///   - chosen: The index of the only query that runs; nil if all run.
    func read(for queries: [QueryRecord], chosen: Int? = nil) throws -> StagePlan {
        let run = try fuse.map { try TRECRun(path: $0) }
        if let run, let fuse {
            try Self.check(run, fuse, asked: chosen.map { [queries[$0]] } ?? queries.filter { $0.query != nil })
        }
        return StagePlan(
            feedback: feedback, run: run,
            fusion: (fuseMethod ?? .rrf).fusion(weight: fuseWeight ?? 0.5), depth: fuseDepth ?? 100,
            reranking: try reranking.read(for: queries, chosen: chosen), last: lastStages)
    }

    /// The stages that are the same for all queries.
    private var lastStages: [SearchStage] {
        var stages: [SearchStage] = []
        if !boost.isEmpty {
            stages.append(.boost(boost, combinedBy: boostBy ?? .product, candidates: reranking.candidates))
        }
        if let diversity {
            stages.append(.rerank(.diversity(relevance: diversity), candidates: reranking.candidates))
        }
        if let minimumLastScore { stages.append(.minimumScore(minimumLastScore)) }
        return stages
    }

    /// Reports queries without a ranking and rankings without a query. Throws if no query has a ranking.
    private static func check(_ run: TRECRun, _ path: String, asked: [QueryRecord]) throws {
        let matched = asked.count { run.rankings[TextKey($0.id)] != nil }
        guard matched > 0 || asked.isEmpty else {
            throw CommandFailure(
                .invalidInput,
                "'\(path)' has a ranking for none of the "
                    + "\(Figures.count(asked.count)) queries; use a run of these queries"
            )
        }
        if matched < asked.count {
            Output.note("'\(path)' has no ranking for \(Figures.count(asked.count - matched)) of the queries\n")
        }
        if run.rankings.count > matched, asked.count > 1 {
            Output.note(
                "\(Figures.count(run.rankings.count - matched)) queries of '\(path)' are not in the file of queries\n")
        }
    }

    /// Reports how many documents of the run are not in the store.
    func noteUnknown(_ reports: [[StageReport]]) {
        guard let fuse else { return }
        let unknown = reports.joined().filter { $0.name == "fuse" }.reduce(0) {
            $0 + $1.counters["unknown", default: 0]
        }
        guard unknown > 0 else { return }
        Output.note(
            "\(Figures.count(unknown)) documents ranked in '\(fuse)' are not in the store; check that the ids match\n")
    }
}
