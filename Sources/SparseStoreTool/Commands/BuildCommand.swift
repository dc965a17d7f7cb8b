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
            fast. Then measures the recall of each effort, as 'tune' does. Each step is one transaction, and searches \
            continue while the build runs. 'load' does the same when it finishes.

            EXAMPLES:
              sparsestore build wiki.sparse
              sparsestore build wiki.sparse --profile compact
              sparsestore build wiki.sparse --blocks
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption
    @OptionGroup var layout: BuildOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForWriting(createIfMissing: false, wait: wait, layout.apply)
        defer { store.close() }
        try layout.apply(to: store)
        InterruptFlag.install()
        let watch = Stopwatch()
        try store.optimize { segments in
            Output.note("\(Figures.count(segments)) segments left\n")
            if InterruptFlag.isSet {
                throw CommandFailure(.interrupted, "interrupted; the merges finished so far are kept")
            }
        }
        if let settings = layout.blockSettings {
            let progress = ProgressLine()
            try store.buildBlocks(settings, isCancelled: { InterruptFlag.isSet }) { step in
                guard step.lists > 0 else {
                    return progress.update("reading \(Figures.count(step.documents)) documents for blocks")
                }
                progress.update(
                    "building blocks: \(Figures.count(step.listsBuilt)) of \(Figures.count(step.lists)) lists",
                    fraction: Double(step.listsBuilt) / Double(step.lists))
            }
            progress.clear()
        }
        let progress = ProgressLine()
        try store.tune(seed: layout.seed) { done, total in
            if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; the merged index is kept") }
            progress.update(
                "tuning: asked \(Figures.count(done)) of \(Figures.count(total)) queries",
                fraction: Double(done) / Double(max(1, total)))
        }
        progress.clear()
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
