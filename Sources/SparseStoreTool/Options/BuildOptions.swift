internal import ArgumentParser
internal import SparseStore

/// How `load` and `build` lay the index out.
struct BuildOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What the index is made for: 'fast', or 'compact' with half the bytes. (default: as the store is; fast)",
            discussion: "Segments that are there stay as they are until they merge; the end of a build makes all anew.")
    )
    var profile: ProfileOption?

    @Option(
        help: ArgumentHelp(
            "About how much memory to use at most: '1GiB', '256MiB'; 64 MiB or more.",
            discussion: """
                Bounds the documents of a transaction and of a window, whose number grows as memory shrinks. A line, and a \
                document with its token vectors, are in memory whole, whatever they need.
                """))
    var memory = MemoryOption.standard

    @Option(help: "Seed of the queries that are made from documents to tune with. Nothing else is random.")
    var seed: UInt64 = 1

    @Flag(
        help: ArgumentHelp(
            "Also build a block index: for millions of documents.",
            discussion: "The planner uses it where it was measured to be cheaper. A build without leaves it as it is."))
    var blocks = false

    @Option(help: ArgumentHelp("Postings that the block index keeps for each term, on average.", visibility: .hidden))
    var postings: Int?

    /// How the block index is built; nil when none is asked for.
    var blockSettings: BlockSettings? {
        guard blocks else { return nil }
        var settings = BlockSettings()
        settings.seed = seed
        if let postings { settings.postingsPerTerm = postings }
        return settings
    }

    /// Half for laying out a window; the other half are batches that wait meanwhile, and what a transaction changes.
    func apply(to configuration: inout Configuration) {
        configuration.mergePolicy.memory = memory.bytes / 2
    }

    func apply(to store: Store) throws {
        if let profile { try store.changeProfile(to: profile.profile) }
    }
}
