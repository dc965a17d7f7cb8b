internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore eval`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Ask a file of queries; measure the answers and the time they take.",
        discussion: """
            Queries are JSON Lines or CSR, told by the content. Recall: a returned document is right when its true score \
            reaches the k-th true score less 0.0001; a missing place is right when the truth has score 0 there. nDCG@10 \
            and MRR@10 are trec_eval's, over the judged queries of the file. Times are those of one search call each.

            The truth is little-endian: UInt32 queries, UInt32 k, then queries x k UInt32 document ids, then as many \
            Float32 scores. Judgements are lines of 'query document grade'.

            EXAMPLES:
              sparsestore eval wiki.sparse --queries queries.jsonl --truth gt.bin --recall exact
              sparsestore eval wiki.sparse --queries queries.csr --qrels qrels.tsv --run run.trec
              sparsestore eval wiki.sparse --queries queries.csr --qrels qrels.tsv --rerank maxsim \
                --query-multivectors q.npy --query-offsets qo.npy --candidates 50 --alpha 0.05 --beta 4
              sparsestore eval wiki.sparse --queries queries.csr --weighting table:idf.f32 --json
              sparsestore eval wiki.sparse --queries queries.csr --feedback docs=5,terms=20 --qrels qrels.tsv
              sparsestore eval wiki.sparse --queries queries.csr --fuse dense.run --fuse-method minmax --qrels qrels.tsv
            """)

    @OptionGroup var store: StoreArgument

    @Option(help: "The file of queries; - for standard input.")
    var queries: String

    @Option(help: "The exact answers to measure recall against.")
    var truth: String?

    @Option(help: "Judgements to measure nDCG@10 and MRR@10 against.")
    var qrels: String?

    @Option(name: .customLong("run"), help: "Write the answers to this file, as a TREC run.")
    var runFile: String?

    @OptionGroup var tuning: SearchTuning

    @OptionGroup var stages: StageOptions

    @Option(help: "How many threads ask at once.")
    var threads = 1

    @Flag(help: "Ask all queries once before the time is taken.")
    var warmup = false

    @OptionGroup var weights: WeightOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try StandardInput.checkIsReadOnce([
            "--queries": queries, "--truth": truth, "--qrels": qrels, "--fuse": stages.fuse,
        ])
        guard (1...1_024).contains(threads) else {
            throw ValidationError("--threads is to be 1 to 1024, not \(threads)")
        }
    }

    func run() throws {
        try OutputPath.check(
            runFile, option: "--run", isNoneOf: [self.store.store, queries, truth, qrels, stages.fuse])
        // The files are read before the store is opened: it shows at once which of them is wrong.
        let file = try weights.queries(queries)
        let groundTruth = try truth.map { try GroundTruth(path: $0) }
        let judgements = try qrels.map { try Qrels(path: $0) }
        let plan = try stages.read(for: file.queries)
        if let groundTruth, groundTruth.queries < file.queries.count {
            throw CommandFailure(
                .invalidInput,
                "the truth answers \(groundTruth.queries) queries and '\(queries)' holds "
                    + "\(file.queries.count); give the truth of these queries")
        }
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let set = try QuerySet(file, for: store)
        let writer = try runFile.map { try TRECRunWriter(path: $0) }
        InterruptFlag.install()
        let ids = set.records.map(\.id)
        let runner = QueryRunner(
            store: store, options: try tuning.options(for: store), stages: { try plan.stages(query: ids[$0], at: $0) },
            threads: threads)
        if warmup { _ = try runner.run(set.queries) }
        let result = try runner.run(set.queries)
        if let writer {
            for (record, outcome) in zip(set.records, result.outcomes) {
                try writer.write(query: record.id, outcome.hits)
            }
            try writer.finish()
        }
        let report = EvaluationReport(
            result, records: set.records, tuning: tuning, threads: threads, truth: groundTruth, qrels: judgements)
        if let ranking = report.ranking, ranking.judged == 0 {
            Output.note("none of the queries is judged in '\(qrels ?? "")'; do the ids agree?\n")
        }
        try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text)
    }
}
