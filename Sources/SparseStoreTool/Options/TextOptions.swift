internal import ArgumentParser
internal import SparseStore
internal import SparseText

/// Questions in plain words: what encodes them.
struct TextOptions: ParsableArguments {
    @Option(
        help: """
            What encodes the question: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF]. (default: what the store \
            was filled by)
            """)
    var encoder: EncoderOption?

    /// The encoder to ask a store with.
    func encoder(for store: ShardedStore) throws -> any TextEncoder {
        let given = try encoder?.encoder()
        return try store.read { try $0.textEncoder(given) }
    }

    /// The options of a search for what `encoder` makes, whose weighting counts unless another one was asked for.
    func options(_ options: SearchOptions, _ encoder: any TextEncoder) -> SearchOptions {
        var options = options
        if options.weighting == .none { options.weighting = encoder.weighting }
        return options
    }
}
