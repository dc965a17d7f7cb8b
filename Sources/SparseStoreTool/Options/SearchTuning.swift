internal import ArgumentParser
internal import SparseStore

/// What `search` and `eval` ask of the engine.
struct SearchTuning: ParsableArguments {
    @Option(help: "How many hits.")
    var limit = 10

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
        help: "Only documents whose tags fulfil this: 'tag:a AND NOT tag:b'.", transform: FilterExpression.parse)
    var filter: Filter?

    @Option(help: "Memory for decoded lists of a compact index: '256MiB', or 0 for none. (default: 512MiB)")
    var listCache: SizeOption?

    func validate() throws {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw ValidationError("--limit is to be 1 to \(Limits.maximumResults), not \(limit)")
        }
    }

    /// What was asked for, in the words of the options.
    var recallAsked: String { plainSeismic?.description ?? recall.description }

    /// How the store is opened for such searches.
    func apply(to configuration: inout Configuration) {
        if let listCache { configuration.listCacheSize = listCache.bytes }
    }

    /// The engine's options for a search in `store`.
    func options(for store: Store) throws -> SearchOptions {
        var options = SearchOptions()
        options.limit = limit
        options.recall = plainSeismic?.recall ?? recall.recall
        options.filter = filter
        options.weighting = try weighting.resolve(in: store)
        return options
    }
}
