internal import ArgumentParser
internal import SparseInterchange

/// `sparsestore compare`
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare the answers of another engine with exact ones.",
        discussion: """
            TRUTH is 'truth.trec' as 'export --for' has written it, RUN what the other engine answers to 'queries.jsonl' \
            beside it; both are TREC runs: lines of 'query Q0 document rank score tag', with the documents' ids as the store \
            has them. Overlap is the share of the first 10 and 100 true documents that the run has among its first, on average \
            over the queries; documents with equal true scores count alike. Missing ids are documents of the truth that the run \
            has for no query.

            EXAMPLES:
              sparsestore compare milvus/truth.trec milvus/run.trec
              sparsestore compare milvus/truth.trec milvus/run.trec --json
            """)

    @Argument(help: "The exact answers, a TREC run.")
    var truth: String

    @Argument(help: ArgumentHelp("The answers of the other engine, a TREC run.", valueName: "run"))
    var runFile: String

    @OptionGroup var output: OutputOptions

    /// Missing ids that are shown.
    private static let shown = 20

    func validate() throws {
        try StandardInput.checkIsReadOnce(["TRUTH": truth, "RUN": runFile])
    }

    func run() throws {
        let expected = try TRECRun(path: truth)
        guard !expected.rankings.isEmpty else {
            throw CommandFailure(
                .invalidInput, "'\(truth)' has no answers; give the truth that 'export --for' has written")
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
