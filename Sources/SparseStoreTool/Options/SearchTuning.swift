internal import ArgumentParser
internal import SparseStore

/// The search options that `search` and `eval` share.
struct SearchTuning: ParsableArguments {
    @Option(name: .customLong("limit"), help: "How many hits. (default: 10)")
    var limitGiven: Int?

    @Option(help: "The recall to aim for: 'exact', 'fast', or a fraction of the true hits such as 0.95.")
    var recall = RecallOption.standard

    @Option(
        help: ArgumentHelp(
            "Search the block index as Seismic does, for comparisons: 'cut=8,heap=0.9'. Replaces --recall.",
            valueName: "settings"))
    var plainSeismic: PlainSeismicOption?

    @Option(
        help: """
            The weighting of query terms: 'none', 'idf' (computed from the store), or 'table:FILE' (32-bit floats \
            by term number, or a JSON object by term).
            """)
    var weighting = WeightingOption.none

    @Option(
        help: "Only documents that this lets through: 'year >= 2020 AND NOT tag:draft'.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Option(
        help: ArgumentHelp(
            """
            Show documents together that have the same value of an attribute, or whose ids begin alike up to a separator: \
            'id:#'. The limit is one of groups.
            """,
            valueName: "key"),
        transform: GroupKeyOption.parse)
    var groupBy: String?

    @Option(help: "The maximum number of documents per group. (default: 1)")
    var groupSize: Int?

    @Option(
        help: "The cache size for decoded lists of a compact index, such as '256MiB'; 0 for none. (default: 512MiB)")
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

    /// How many hits a search has at the most.
    var limit: Int { limitGiven ?? 10 }

    /// What was asked for, in the words of the options.
    var recallAsked: String { plainSeismic?.description ?? recall.description }

    /// Applies the options that concern opening the store.
    func apply(to configuration: inout Configuration) {
        if let listCache { configuration.listCacheSize = listCache.bytes }
    }

    /// The engine's options for a search in `store`.
    func options(for store: ShardedStore) throws -> SearchOptions {
        SearchOptions(
            limit: limit, recall: plainSeismic?.recall ?? recall.recall,
            weighting: try weighting.resolve(in: store.read { $0.termSpace }),
            filter: filter, grouping: groupBy.map { GroupKeyOption.grouping($0, best: groupSize ?? 1) })
    }
}
