internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore build`
struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Merge the index into as few segments as possible, and tune it.",
        discussion: """
            Drops the data of removed documents and places similar documents next to each other, which makes searches \
            fast. From 2,000,000 documents on, also builds a block index, or adds later documents to the one that there \
            is and leaves its segments as they are (see --blocks). Then measures the recall of each effort, as 'tune' \
            does. If there is a block index, it also measures searches that wait for the disk, as 'tune --cold' does, so \
            other searches are slow for some seconds. Each step is one transaction, and searches continue while the \
            build runs. 'load' does the same when it finishes, but builds no block index.

            EXAMPLES:
              sparsestore build wiki.sparse
              sparsestore build wiki.sparse --profile compact
              sparsestore build wiki.sparse --no-blocks
            """)

    /// Whether this command builds a block index by itself.
    static let blocks = BlockChoice.whenItPays

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption
    @OptionGroup var layout: BuildOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait, layout.apply)
        defer { store.close() }
        try layout.apply(to: store)
        InterruptFlag.install()
        let watch = Stopwatch()
        guard try layout.build(automatic: Self.blocks).run(on: store) else {
            throw CommandFailure(.interrupted, "interrupted; the steps finished so far are kept")
        }
        let statistics = try store.statistics()
        let seconds = watch.seconds
        guard output.isJSON else {
            try Output.standard.write(
                "\(Figures.count(statistics.documents)) documents in \(statistics.segments.count) segments, "
                    + "\(Figures.decimal(seconds, 2)) s\n")
            return
        }
        let report = JSONValue.object([
            ("documents", .integer(statistics.documents)), ("segments", .integer(statistics.segments.count)),
            ("seconds", .number(Figures.rounded(seconds, 3))),
        ])
        try Output.standard.write(report.text + "\n")
    }
}
