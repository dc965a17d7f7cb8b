internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText
internal import SystemPackage

/// `sparsestore eval`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Run a file of queries, and measure the quality and latency of the answers.",
        discussion: """
            Queries are vectors (JSON Lines or CSR) or plain text (JSON Lines with "id" and "text", or lines with an \
            id, a tab and the text). The format is detected from the content. Every query needs an id.

            For recall, a returned document is correct if its true score is at least the k-th true score minus 0.0001. \
            A missing hit is correct if the truth has a score of 0 at that rank. Measures use the names of \
            ir_measures (nDCG, RR, AP, P, R, Success, Judged, RBP) and are computed as in trec_eval, averaged over \
            the judged queries of the file. Without --limit, a search returns as many hits as the deepest measure \
            needs (1,000 for a measure without a depth). Each reported time is for one search call.

            The truth file is little-endian: UInt32 query count, UInt32 k, then count x k UInt32 document ids, then \
            as many Float32 scores. Judgments are lines of 'query document grade' or 'query iteration document \
            grade', separated by white space or commas, with an optional header line; or a JSON object {"query": \
            {"document": grade}}. Grades are integers. Mismatches between the files and the store, such as a document \
            judged twice, a ranking for an unknown query, or a document missing from the store, are reported or refused.

            EXAMPLES:
              sparsestore eval notes.sparse --queries questions.tsv --qrels qrels.tsv
              sparsestore eval wiki.sparse --queries queries.jsonl --truth gt.bin --recall exact
              sparsestore eval wiki.sparse --queries queries.csr --qrels qrels.tsv --run run.trec
              sparsestore eval wiki.sparse --queries queries.csr --qrels qrels.tsv --measures nDCG@10,RR@10,R@100,AP
              sparsestore eval wiki.sparse --queries queries.csr --qrels qrels.tsv --rerank maxsim \\
                --query-multivectors q.npy --query-offsets qo.npy --candidates 50 --alpha 0.05 --beta 4
              sparsestore eval wiki.sparse --queries queries.csr --weighting table:idf.f32 --json
              sparsestore eval wiki.sparse --queries queries.csr --plot recall.svg
              sparsestore eval wiki.sparse --queries queries.csr --feedback docs=5,terms=20 --qrels qrels.tsv
              sparsestore eval wiki.sparse --queries queries.csr --fuse dense.run --fuse-method minmax --qrels qrels.tsv
            """)

    @OptionGroup var store: StoreArgument

    @Option(help: "The file with the queries; - for standard input.")
    var queries: String

    @Option(help: "The file with the exact answers, to measure recall.")
    var truth: String?

    @Option(help: "Judgments to measure the answers against.")
    var qrels: String?

    @Option(
        help: ArgumentHelp(
            "What to measure, such as nDCG@10,RR@10,R@100,AP,P(rel=2)@5. (default: nDCG@10 and RR@10)",
            valueName: "list"),
        transform: Self.measures)
    var measures: [Measure]?

    @Flag(help: "With --measures and --json, write the values of each query as well.")
    var byQuery = false

    @Option(name: .customLong("run"), help: "Write the answers to this file, as a TREC run.")
    var runFile: String?

    @Option(
        help: ArgumentHelp(
            "Also run all queries at several recall targets, and plot recall against latency in this SVG file.",
            valueName: "file"))
    var plot: String?

    @OptionGroup var text: TextOptions

    @OptionGroup var tuning: SearchTuning

    @OptionGroup var stages: StageOptions

    @Option(help: "The number of threads that run queries.")
    var threads = 1

    @Flag(help: "Run all queries once before measuring.")
    var warmup = false

    @OptionGroup var weights: WeightOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try StandardInput.checkIsReadOnce([
            "--queries": queries, "--truth": truth, "--qrels": qrels, "--fuse": stages.fuse,
        ])
        guard (1...1_024).contains(threads) else {
            throw ValidationError("--threads must be between 1 and 1024, not \(threads)")
        }
        guard measures == nil || qrels != nil else { throw ValidationError("--measures needs judgments; add --qrels") }
        guard !byQuery || (measures != nil && output.isJSON) else {
            throw ValidationError("--by-query needs --measures and --json")
        }
        guard plot == nil || stages.isEmpty && tuning.groupBy == nil else {
            throw ValidationError("--plot only draws searches of one stage without groups; leave out the other options")
        }
    }

    func run() throws {
        let tuning = tuning(deepEnoughFor: measures ?? [])
        let matrix = MatrixFile.resolve(queries, isQueries: true)
        let files = UsedFiles(
            store: self.store.store,
            inputs: [matrix, MatrixFile.idsBeside(matrix), truth, qrels, tuning.weighting?.input] + stages.inputs)
        try files.requireOtherStandardStreams()
        // Read the files before opening the store, so that a bad file is reported at once.
        let file = try weights.queries(queries)
        let groundTruth = try truth.map { try GroundTruth(path: $0) }
        let judgments = try qrels.map { try Qrels(path: $0) }
        try check(file)
        if text.encoder != nil, !file.isInWords {
            throw CommandFailure(
                .usage, "--encoder is for plain-text queries, but '\(queries)' has vectors; leave it out")
        }
        let plan = try stages.read(for: file.queries)
        if let groundTruth, groundTruth.queries < file.queries.count {
            throw CommandFailure(
                .invalidInput,
                "the truth answers \(groundTruth.queries) queries, but '\(queries)' has "
                    + "\(file.queries.count); use the truth file for these queries")
        }
        if let groundTruth, groundTruth.queries > file.queries.count {
            Output.note(
                "the truth answers \(Figures.count(groundTruth.queries)) queries; using the first "
                    + "\(Figures.count(file.queries.count)) for '\(queries)'\n")
        }
        let run = try runFile.map { try OutputPath.open($0, option: "--run", sparing: files) }
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let encoder = file.isInWords ? try text.encoder(for: store) : nil
        let set = try encoder.map { try QuerySet(file.queries, $0) } ?? QuerySet(file, for: store.read { $0.termSpace })
        if let groundTruth { try check(groundTruth, for: file.queries.count, in: store, limit: tuning.limit) }
        var options = try tuning.options(for: store)
        if let encoder { options = options.forText(encodedBy: encoder) }
        InterruptFlag.install()
        let ids = set.records.map(\.id)
        let line = ProgressLine()
        defer { line.clear() }
        let runner = QueryRunner(
            store: store, options: options, stages: { try plan.stages(query: ids[$0], at: $0) },
            threads: threads,
            progress: { line.update("asked \(Figures.count($0)) queries", fraction: Double($0) / Double(max(1, $1))) })
        if warmup { _ = try runner.run(set.queries) }
        let result = try runner.run(set.queries)
        if let run, let runFile {
            // Overwrite an existing run file only now, so that a failed evaluation does not destroy it.
            if run.isRegular { try run.descriptor.resize(to: 0) }
            let writer = TRECRunWriter(descriptor: run.descriptor, name: runFile)
            for (record, outcome) in zip(set.records, result.outcomes) {
                try writer.write(query: record.id, outcome.hits)
            }
            try writer.finish()
        }
        line.clear()
        let report = EvaluationReport(
            result, records: set.records, tuning: tuning, threads: threads, truth: groundTruth,
            ranking: try judgments.map {
                try RankingReport(
                    result.outcomes, records: set.records, qrels: $0, measures: measures, byQuery: byQuery)
            })
        if let plot {
            let curve = try RecallCurve(set.queries, runner, truth: groundTruth)
            try curve.picture.write(to: plot, option: "--plot", sparing: files)
        }
        stages.noteUnknown(result.outcomes.map(\.stages))
        // The scores of later stages are not comparable with the truth.
        if let groundTruth, let error = report.scoreError, stages.isEmpty, error > groundTruth.largestScore / 100 {
            Output.note(
                "returned scores differ from the truth by up to \(error); check that the truth is for these queries "
                    + "and this weighting\n")
        }
        if let ranking = report.ranking, ranking.judged == 0 {
            Output.note("'\(qrels ?? "")' has judgments for none of the queries; check that the ids match\n")
        }
        if let judgments, let qrels { note(judgments, qrels, asked: ids) }
        try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text)
    }

    private static func measures(_ text: String) throws -> [Measure] {
        do {
            return try Measure.list(text)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// The tuning, with a limit that is deep enough for `measures`, unless the caller has set one.
    private func tuning(deepEnoughFor measures: [Measure]) -> SearchTuning {
        var tuning = tuning
        guard let deepest = measures.map({ $0.depth ?? 1_000 }).max() else { return tuning }
        if tuning.limitGiven == nil { tuning.limitGiven = max(deepest, tuning.limit) }
        for measure in measures where measure.depth ?? 0 > tuning.limit {
            Output.note("\(measure) needs more than the \(tuning.limit) hits of --limit; raise it\n")
        }
        return tuning
    }

    /// Refuses two queries with one id if something is looked up by id, and mentions them otherwise.
    private func check(_ file: QueryFile) throws {
        guard let pair = file.firstRepetition else { return }
        guard qrels == nil, runFile == nil, stages.fuse == nil else {
            throw CommandFailure(
                .invalidInput,
                "queries \(pair.first + 1) and \(pair.second + 1) of '\(queries)' have the same id; judgments and runs "
                    + "need a distinct id for each query")
        }
        Output.note(
            "queries \(pair.first + 1) and \(pair.second + 1) of '\(queries)' have the same id; both are counted\n")
    }

    /// Checks that the documents of a truth are in the store.
    private func check(_ truth: GroundTruth, for queries: Int, in store: ShardedStore, limit: Int) throws {
        let (found, all) = try store.read { snapshot in
            var (found, all) = (0, 0)
            for query in 0..<queries {
                let answer = truth.answer(query)
                for (row, score) in zip(answer.rows, answer.scores).prefix(limit) where score > 0 {
                    all += 1
                    if try snapshot.contains(String(row)) { found += 1 }
                }
            }
            return (found, all)
        }
        guard found > 0 || all == 0 else {
            throw CommandFailure(
                .invalidInput,
                "the store has none of the documents of the truth; use the truth file for this collection")
        }
        if found < all {
            Output.note(
                "\(Figures.count(all - found)) of the \(Figures.count(all)) documents of the truth are not in the "
                    + "store; check that the truth is for this collection\n")
        }
    }

    /// Reports judgments that were not used.
    private func note(_ judgments: Qrels, _ path: String, asked ids: [String]) {
        if judgments.repeated > 0 {
            Output.note(
                "\(Figures.count(judgments.repeated)) judgments appear twice in '\(path)', with the same grade\n")
        }
        let asked = Set(ids.map { TextKey($0) })
        let others = judgments.grades.keys.count { !asked.contains($0) }
        if others > 0 { Output.note("\(Figures.count(others)) queries judged in '\(path)' are not in '\(queries)'\n") }
    }
}
