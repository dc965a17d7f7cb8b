internal import ArgumentParser
internal import SparseStore

/// What `search` and `eval` ask of the engine.
struct SearchTuning: ParsableArguments {
    @Option(name: .customLong("limit"), help: "How many hits. (default: 10)")
    var limitGiven: Int?

    @Option(help: "'exact', 'fast', or the share of the true answers that is wanted, such as 0.95.")
    var recall = RecallOption.standard

    @Option(
        help: ArgumentHelp(
            "Search the block index as Seismic does: 'cut=8,heap=0.9'. For comparisons, instead of --recall.",
            valueName: "settings"))
    var plainSeismic: PlainSeismicOption?

    @Option(
        help: """
            What multiplies the query's weights: 'none', 'idf' (from the store's own statistics), or 'table:FILE' \
            (32-bit floats by term number, or a JSON object by term).
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

    @Option(help: "How many documents of a group, at the most. (default: 1)")
    var groupSize: Int?

    @Option(help: "Memory for decoded lists of a compact index: '256MiB', or 0 for none. (default: 512MiB)")
    var listCache: SizeOption?

    func validate() throws {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw ValidationError("--limit is to be 1 to \(Limits.maximumResults), not \(limit)")
        }
        if let groupSize {
            guard groupBy != nil else { throw ValidationError("--group-size needs --group-by") }
            guard (1...Limits.maximumResults).contains(groupSize) else {
                throw ValidationError("--group-size is to be 1 to \(Limits.maximumResults), not \(groupSize)")
            }
        }
    }

    /// How many hits a search has at the most.
    var limit: Int { limitGiven ?? 10 }

    /// What was asked for, in the words of the options.
    var recallAsked: String { plainSeismic?.description ?? recall.description }

    /// How the store is opened for such searches.
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
