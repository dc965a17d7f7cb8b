internal import ArgumentParser
internal import SparseInterchange

/// `sparsestore compare`
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare the answers of another engine with the exact ones.",
        discussion: """
            TRUTH is the file 'truth.trec' that 'export --for' writes. RUN has the answers of the other engine to \
            'queries.jsonl' from the same folder. Both are TREC runs, with lines of 'query Q0 document rank score \
            tag' and the ids of the store. Overlap is the share of the first 10 and 100 true documents among the \
            first 10 and 100 of the run, averaged over the queries; documents with equal true scores are \
            interchangeable. Missing ids are documents of the truth that the run does not have for any query.

            EXAMPLES:
              sparsestore compare milvus/truth.trec milvus/run.trec
              sparsestore compare milvus/truth.trec milvus/run.trec --json
            """)

    @Argument(help: "The exact answers, a TREC run.")
    var truth: String

    @Argument(help: ArgumentHelp("The answers of the other engine, a TREC run.", valueName: "run"))
    var runFile: String

    @OptionGroup var output: OutputOptions

    /// The maximum number of missing ids to show.
    private static let shown = 20

    func validate() throws {
        try StandardInput.checkIsReadOnce(["TRUTH": truth, "RUN": runFile])
    }

    func run() throws {
        let expected = try TRECRun(path: truth)
        guard !expected.rankings.isEmpty else {
            throw CommandFailure(
                .invalidInput, "'\(truth)' has no answers; give the file that 'export --for' writes")
        }
        let found = try TRECRun(path: runFile)
        let comparison = RunComparison(truth: expected, run: found)
        guard comparison.missingQueries.count < comparison.queries else {
            throw CommandFailure(
                .invalidInput, "'\(runFile)' answers none of the queries of '\(truth)'; give the run of these queries")
        }
        try Output.standard.write(output.isJSON ? Self.json(comparison).text + "\n" : Self.text(comparison))
    }

    private static func json(_ comparison: RunComparison) -> JSONValue {
        .object([
            ("queries", .integer(comparison.queries)),
            ("missing_queries", .array(comparison.missingQueries.map { .string($0) })),
            ("overlap@10", .number(comparison.overlapAt10)),
            ("overlap@100", .number(comparison.overlapAt100)),
            ("largest_score_difference", .number(comparison.largestScoreDifference)),
            ("largest_relative_difference", .number(comparison.largestRelativeDifference)),
            ("missing_ids", .array(comparison.missingIDs.map { .string($0) })),
        ])
    }

    private static func text(_ comparison: RunComparison) -> String {
        var table = TextTable()
        table.add("queries", Figures.count(comparison.queries))
        table.add("missing queries", Figures.count(comparison.missingQueries.count))
        table.add("overlap@10", Figures.decimal(comparison.overlapAt10, 4))
        table.add("overlap@100", Figures.decimal(comparison.overlapAt100, 4))
        table.add("largest score difference", "\(Float(comparison.largestScoreDifference))")
        table.add("largest relative difference", "\(Float(comparison.largestRelativeDifference))")
        table.add("missing ids", Figures.count(comparison.missingIDs.count))
        var text = table.text
        for id in comparison.missingIDs.prefix(shown) {
            text += "  \(Printable.line(Array(id.utf8), limit: 60))\n"
        }
        return text
    }
}
