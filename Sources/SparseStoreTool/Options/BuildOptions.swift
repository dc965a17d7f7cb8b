internal import ArgumentParser
internal import SparseStore

/// The options of `load` and `build` that shape the index.
struct BuildOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The index profile: 'fast', or 'compact' for half the size. (default: the store's; 'fast' in a new one)",
            discussion:
                "Existing segments keep their profile until they are merged; a finished build rewrites them all.")
    )
    var profile: ProfileOption?

    @Option(
        help: ArgumentHelp(
            "The approximate memory limit, such as '1GiB' or '256MiB'; at least 64 MiB. (default: 1GiB)",
            discussion: """
                Limits the documents of a transaction and of a window; less memory means more windows. In any case, \
                each line, and each document with its token vectors, must fit in memory.
                """),
        transform: MemoryOption.parse)
    var memory = MemoryOption.standard

    @Option(help: "The random seed of the queries used for tuning. Nothing else is random.")
    var seed: UInt64 = 1

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            """
            Whether to build or extend a block index, which makes searches of about two million documents or more \
            faster. (default: 'build' builds one from 2,000,000 documents on, other commands build none)
            """,
            discussion:
                """
                The planner uses it where measurements show that it is faster. With two million documents, \
                searches for ten documents take about half the time at a recall of 0.90, 0.6 of it at 0.95, and as long \
                as before above 0.97. With half a million, it brings nothing from 0.95 on. It takes about two thirds of the bytes of the \
                rest of the store, and minutes of processor time. By default, 'build' leaves alone a block index that \
                has all documents, and builds none for BM25 or for more than 1,048,576 terms. '--no-blocks' keeps a \
                block index that is there.

                If a block index lacks at most half as many documents as it has, only these are read and added to it. \
                Its segments stay as they are, unless a third of their documents were removed. A new block index is \
                built if more than a quarter of its documents are gone, or if it lacks none and '--blocks' is given.
                """))
    var blocks: Bool?

    @Option(help: ArgumentHelp("The average number of postings per term in the block index.", visibility: .hidden))
    var postings: Int?

    /// What builds the index with these options.
    ///
    /// - Parameter automatic: Whether to build a block index when the options do not say.
    func build(automatic: BlockChoice, isQuiet: Bool = false) -> IndexBuild {
        var settings = BlockSettings()
        settings.seed = seed
        if let postings { settings.postingsPerTerm = postings }
        return IndexBuild(
            blocks: BlockChoice(asked: blocks, otherwise: automatic), settings: settings, mayExtend: postings == nil,
            seed: seed, isQuiet: isQuiet)
    }

    /// Half of the memory is for laying out a window. The other half is for waiting batches and for the pages that a
    /// transaction changes.
    func apply(to configuration: inout Configuration) {
        configuration.mergePolicy.memory = memory.bytes / 2
    }

    func apply(to store: Store) throws {
        if let profile { try store.changeProfile(to: profile.profile) }
    }
}

/// The options of the commands that fill stores: `load`, `split` and `merge`.
struct FillOptions: ParsableArguments {
    /// Whether these commands build a block index by themselves. What they fill may still grow.
    static let blocks = BlockChoice.never

    @OptionGroup var layout: BuildOptions

    @Flag(help: "Do not merge the index at the end, as 'build' does.")
    var noBuild = false

    @Flag(help: "Do not show progress.")
    var quiet = false

    @Flag(help: "Write the summary as one JSON object.")
    var json = false

    /// What builds the index at the end; nil for `--no-build`.
    var build: IndexBuild? { noBuild ? nil : layout.build(automatic: Self.blocks, isQuiet: quiet) }

    func validate() throws {
        if noBuild, layout.blocks == true { throw ValidationError("--blocks cannot be combined with --no-build") }
    }
}
