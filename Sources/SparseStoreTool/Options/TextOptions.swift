internal import ArgumentParser
internal import SparseStore
internal import SparseText

/// The option for the encoder of queries in plain words.
struct TextOptions: ParsableArguments {
    @Option(
        help: """
            The encoder of the query: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF]. (default: the encoder \
            that the store was loaded with)
            """)
    var encoder: EncoderOption?

    /// The encoder to ask a store with.
    func encoder(for store: ShardedStore) throws -> any TextEncoder {
        let given = try encoder?.encoder()
        return try store.read { try $0.textEncoder(given) }
    }

    /// Returns search options for queries of `encoder`. The weighting of the encoder applies unless the command line
    /// names one.
    func options(_ options: SearchOptions, _ encoder: any TextEncoder) -> SearchOptions {
        var options = options
        if options.weighting == .none { options.weighting = encoder.weighting }
        return options
    }
}
