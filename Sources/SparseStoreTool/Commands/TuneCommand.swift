internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore tune`
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Measure the recall and the time of each planner effort on this store.",
        discussion: """
            Runs sample queries exactly and with every effort, and stores the recall and the processor time of each, \
            separately for queries of up to 10, 20, 40 and more terms. A search with '--recall 0.95' then uses the \
            fastest effort that reached this recall with queries of its length, or the exact search if that is \
            faster. Lengths with fewer than 64 queries in --queries are filled up with queries that are made from the \
            documents; without --queries, all are. Run this command again when the store has grown a lot, when the \
            queries have changed, or on another machine.

            With --cold, it also measures searches that wait for the disk. If the store is larger than memory, \
            searches then use the effort that is fastest with the memory that there is. Use it for such stores. \
            The pages of the store are removed from memory meanwhile, so other searches are slow for some seconds. \
            'build' and 'load' do this by themselves if there is a block index.

            EXAMPLES:
              sparsestore tune wiki.sparse
              sparsestore tune wiki.sparse --queries queries.jsonl --json
              sparsestore tune wiki.sparse --cold
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    @Option(help: "A file with a few hundred typical queries (JSON Lines or CSR); - for standard input.")
    var queries: String?

    @Option(
        help: "The weighting of query terms: 'none', 'idf' or 'table:FILE'. (default: none)",
        transform: WeightingOption.parse)
    var weighting = WeightingOption.none

    @Option(help: "The random seed of the queries that are made from documents.")
    var seed: UInt64 = 1

    @Flag(help: "Also measure searches that wait for the disk, for a store that is larger than memory.")
    var cold = false

    @Flag(help: "Do not show progress.")
    var quiet = false

    @OptionGroup var weights: WeightOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let file = try queries.map { try weights.queries($0) }
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        InterruptFlag.install()
        let sample = try file.map { try QuerySet($0, for: store.read { $0.termSpace }).queries.compactMap { $0 } } ?? []
        if let queries, sample.isEmpty {
            throw CommandFailure(
                .invalidInput,
                "'\(queries)' has no query with a weight above zero; use a file that has some")
        }
        let progress = ProgressLine(isQuiet: quiet)
        let points = try store.tune(
            queries: sample, weighting: try weighting.resolve(in: store.read { $0.termSpace }), seed: seed,
            measuringColdPages: cold
        ) { done, total in
            guard !InterruptFlag.isSet else { throw CommandFailure(.interrupted, "interrupted; nothing was changed") }
            progress.update(
                "asked \(Figures.count(done)) of \(Figures.count(total)) queries",
                fraction: Double(done) / Double(max(1, total)))
        }
        progress.clear()
        try Output.standard.write(output.isJSON ? Self.json(points).text + "\n" : Self.text(points))
    }

    private static func json(_ points: [TuningPoint]) -> JSONValue {
        .object([
            (
                "points",
                .array(
                    points.map { point in
                        .object([
                            ("limit", .integer(point.limit)),
                            ("query_class", point.queryClass.json),
                            ("effort", .optional(point.effort) { .integer($0) }),
                            ("recall", .number(Figures.rounded(point.recall, 6))),
                            ("mean_us", .number(Figures.rounded(point.microseconds, 1))),
                            ("documents_scored", .number(Figures.rounded(point.documentsScored, 1))),
                            ("cold_us", .optional(point.coldMicroseconds) { .number(Figures.rounded($0, 1)) }),
                        ])
                    })
            )
        ])
    }

    /// One table for each k: a row for each effort, and two columns for each class of queries. If cold times were
    /// measured, they are the last column of their k.
    private static func text(_ points: [TuningPoint]) -> String {
        let limits = Set(points.map(\.limit)).sorted()
        return limits.map { limit in
            let points = points.filter { $0.limit == limit }
            let classes = Set(points.map(\.queryClass)).sorted { $0.minimumTerms < $1.minimumTerms }
            let isCold = points.contains { $0.coldMicroseconds != nil }
            var table = TextTable(rightAligned: Set(0...2 * classes.count + 1))
            let (title, heading) = isCold ? (["all"], ["cold us"]) : ([], [])
            table.add(["k = \(limit)"] + classes.flatMap { ["", "\($0)"] } + title)
            table.add(["effort"] + classes.flatMap { _ in ["recall", "mean us"] } + heading)
            let rows = Dictionary(grouping: points, by: \.effort)
            for (effort, row) in rows.sorted(by: { $0.key ?? .max < $1.key ?? .max }) {
                var cells = [effort.map { "\($0)" } ?? "exact"]
                for queryClass in classes {
                    let point = row.first { $0.queryClass == queryClass }
                    cells.append(point.map { Figures.decimal($0.recall, 4) } ?? "")
                    cells.append(point.map { Figures.decimal($0.microseconds, 1) } ?? "")
                }
                if isCold { cells.append(row.first?.coldMicroseconds.map { Figures.decimal($0, 1) } ?? "") }
                table.add(cells)
            }
            return table.text
        }.joined(separator: "\n")
    }
}
