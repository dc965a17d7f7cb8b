internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// The options for the part of an answer that `search` shows, and the fields of each hit.
struct PageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The fields of each hit: any of payload, tags, attributes and vector. (default: payload,tags)",
            valueName: "names"),
        transform: FieldsOption.parse)
    var fields: HitFields = [.payload, .tags]

    @Option(help: ArgumentHelp("Continue after an earlier page, which ended with this 'cursor'.", valueName: "cursor"))
    var after: String?

    @Option(help: "The number of hits, or groups, to skip.")
    var offset = 0

    @Flag(help: "Also count the documents that match.")
    var count = false

    func validate() throws {
        guard (0...Limits.maximumResults).contains(offset) else {
            throw ValidationError("--offset must be between 0 and \(Limits.maximumResults), not \(offset)")
        }
    }

    func apply(to options: inout SearchOptions) throws {
        options.fields = fields
        options.after = try after.map { try Cursor(parsing: $0) }
        options.offset = offset
        options.countsMatches = count
    }
}

/// The value of `--fields`: names separated by commas.
enum FieldsOption {
    private static let names: [(name: String, field: HitFields)] = [
        ("payload", .payload), ("tags", .tags), ("attributes", .attributes), ("vector", .vector),
    ]

    static func parse(_ text: String) throws -> HitFields {
        var fields: HitFields = []
        for part in text.split(separator: ",") {
            guard let known = names.first(where: { $0.name == part }) else {
                throw ValidationError(
                    "--fields has no field '\(part)'; use \(names.map(\.name).joined(separator: ", "))")
            }
            fields.insert(known.field)
        }
        return fields
    }
}

/// The search options that `search` and `eval` share.
struct SearchTuning: ParsableArguments {
    @Option(name: .customLong("limit"), help: "The maximum number of hits. (default: 10)")
    var limitGiven: Int?

    @Option(
        help: "The recall to reach: 'exact', 'fast', or a fraction of the true hits. (default: 0.95)",
        transform: RecallOption.parse)
    var recall = RecallOption.standard

    @Option(
        help: ArgumentHelp(
            "Search the block index as Seismic does, for comparisons: 'cut=8,heap=0.9'. Replaces --recall.",
            valueName: "settings"),
        transform: PlainSeismicOption.parse)
    var plainSeismic: PlainSeismicOption?

    @Option(
        help: """
            The weighting of query terms: 'none', 'idf' (computed from the store), or 'table:FILE' (32-bit floats \
            by term number, or a JSON object by term). (default: that of the store's encoder for queries in plain \
            words, and none for vectors)
            """,
        transform: WeightingOption.parse)
    var weighting: WeightingOption?

    @Option(
        help: "Only find documents that match this filter: 'year >= 2020 AND NOT tag:draft'.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Option(
        help: ArgumentHelp(
            """
            Group documents by an attribute, or by the part of their ids before a separator: 'id:#'. --limit then \
            counts groups.
            """,
            valueName: "key"),
        transform: GroupKeyExpression.parse)
    var groupBy: String?

    @Option(help: "The maximum number of documents per group. (default: 1)")
    var groupSize: Int?

    @Option(
        help: "The cache size for decoded lists of a compact index, such as '256MiB'; 0 for none. (default: 512MiB)",
        transform: SizeOption.parse)
    var listCache: SizeOption?

    func validate() throws {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw ValidationError("--limit must be between 1 and \(Limits.maximumResults), not \(limit)")
        }
        if let groupSize {
            guard groupBy != nil else { throw ValidationError("--group-size needs --group-by") }
            guard (1...Limits.maximumResults).contains(groupSize) else {
                throw ValidationError("--group-size must be between 1 and \(Limits.maximumResults), not \(groupSize)")
            }
        }
    }

    /// The maximum number of hits of a search.
    var limit: Int { limitGiven ?? 10 }

    /// The requested recall, as the options spell it.
    var recallAsked: String { plainSeismic?.description ?? recall.description }

    /// Applies the options that concern opening the store.
    func apply(to configuration: inout Configuration) {
        if let listCache { configuration.listCacheSize = listCache.bytes }
    }

    /// The engine's options for a search in `store`.
    func options(for store: ShardedStore) throws -> SearchOptions {
        SearchOptions(
            limit: limit, recall: plainSeismic?.recall ?? recall.recall,
            weighting: try weighting?.resolve(in: store.read { $0.termSpace }) ?? .automatic,
            filter: filter, grouping: try groupBy.map { try Grouping(parsing: $0, best: groupSize ?? 1) })
    }
}

/// The options of `search` and `eval` for reranking.
struct RerankOptions: ParsableArguments {
    /// The reranking method.
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case maxsim
    }

    @Option(help: "Rerank the candidates: 'maxsim' uses the token vectors of the query and the documents.")
    var rerank: Method?

    @Option(
        help: """
            A file with the token vectors of the queries, in the order of the queries: a NumPy array as for 'load'. \
            (default: the field 'multivector' of each query)
            """)
    var queryMultivectors: String?

    @Option(
        help: """
            A NumPy array with the index of the first token vector of each query, and the total number of token \
            vectors. (default: all token vectors belong to one query)
            """)
    var queryOffsets: String?

    @Option(help: "The number of candidates for --rerank, --boost and --diversity.")
    var candidates = 50

    @Option(
        help: """
            Candidate pruning: skip candidates whose score before reranking is below (1 - ALPHA) times the score at \
            rank LIMIT.
            """)
    var alpha: Float?

    @Option(help: "Early exit: stop after this many consecutive candidates that do not enter the top LIMIT.")
    var beta: Int?

    func validate() throws {
        if rerank == nil, queryMultivectors != nil || alpha != nil || beta != nil {
            throw ValidationError("--query-multivectors, --alpha and --beta need --rerank maxsim")
        }
        if queryOffsets != nil, queryMultivectors == nil {
            throw ValidationError("--query-offsets needs --query-multivectors")
        }
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw ValidationError("--candidates must be between 1 and \(Limits.maximumResults), not \(candidates)")
        }
        if let alpha, !(0...1).contains(alpha) {
            throw ValidationError(
                "--alpha must be between 0 and 1, not \(alpha)")
        }
        if let beta, beta < 1 { throw ValidationError("--beta must be 1 or more, not \(beta)") }
    }

    /// Reads the token vectors of the queries. Returns nil if reranking was not requested.
    /// - Parameter chosen: The index of the only query that runs; nil if all run.
    func read(for queries: [QueryRecord], chosen: Int?) throws -> Reranking? {
        guard rerank != nil else { return nil }
        var multivectors = queries.map(\.multivector)
        if let queryMultivectors {
            let file = try MultivectorFile(tokens: queryMultivectors, offsets: queryOffsets)
            let places = chosen.map { $0..<$0 + 1 } ?? 0..<queries.count
            guard file.count == (queryOffsets == nil ? places.count : queries.count) else {
                throw CommandFailure(
                    .invalidInput,
                    "'\(file.name)' has token vectors for \(file.count) queries, but there are \(queries.count); "
                        + "use files with the same queries")
            }
            for place in places {
                multivectors[place] = try Self.multivector(file, queryOffsets == nil ? 0 : place)
            }
        }
        return Reranking(multivectors: multivectors, candidates: candidates, alpha: alpha, beta: beta)
    }

    private static func multivector(_ file: MultivectorFile, _ place: Int) throws -> Multivector? {
        switch try file.entry(place) {
        case .multivector(let multivector): return multivector
        case .empty: return nil
        case .reject(let reason):
            throw CommandFailure(
                .invalidInput, "'\(file.name)': the token vectors of query number \(place) (from 0): \(reason)")
        }
    }
}

/// The options for the stages of `search` and `eval` after the first one. Whatever the order of the options, the stages
/// have this order: feedback, fusion, reranking, boosts, diversity, the minimum score.
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
            Change the scores of the candidates by attributes: 'decay:NAME,from=now,scale=30d', \
            'value:NAME,by=log1p' or 'filter:1.5:FILTER'. May be given more than once.
            """, valueName: "boost"),
        transform: BoostOption.parse)
    var boost: [Boost] = []

    @Option(
        help: "How to combine the score and the boosts: 'product' or 'sum'. (default: product)",
        transform: BoostOption.parseCombination)
    var boostBy: BoostCombination?

    @Option(
        help: """
            Rank the candidates so that the top ones differ from each other (MMR): with 1, the order does not change; \
            with 0, only the differences count.
            """)
    var diversity: Float?

    @Option(parsing: .unconditional, help: "Leave out hits whose score in the last stage is lower than this.")
    var minimumLastScore: Float?

    func validate() throws {
        if boostBy != nil, boost.isEmpty { throw ValidationError("--boost-by needs --boost") }
        if let diversity, !(0...1).contains(diversity) {
            throw ValidationError("--diversity must be between 0 and 1, not \(diversity)")
        }
        if let minimumLastScore, !minimumLastScore.isFinite {
            throw ValidationError("--minimum-last-score must be a finite number")
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

    /// Whether the options add no stage to the search.
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
                "\(Figures.count(run.rankings.count - matched)) queries in '\(path)' are not in the query file\n")
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
