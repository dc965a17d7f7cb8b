internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// `sparsestore search`
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find the best documents for a query, or for each query of a file.",
        discussion: """
            The query is plain words, if the store recorded an encoder or --encoder names one; or a JSON object of \
            weights by term; or one query of a file (JSON Lines or CSR). Each hit is shown with the first 200 \
            characters of its payload. --explain adds the contribution of each term and the query plan.

            With --all, several threads run every query of the file on one snapshot of the store. With --json, the \
            output has one line per query, in the order of the file. An interrupt (exit code 8) or --time-limit stops \
            the run and keeps the answers written so far. 'search --queries - --json' answers each line of standard \
            input as it arrives, on the newest state of the store.

            Negative weights lower the score of documents that have the term. --like and --unlike add and subtract \
            the vectors of documents. With --json, an answer with more hits to come has a cursor; pass it to --after \
            with the same query to get the next page.

            A folder of shards answers as one store. If a shard cannot answer, the command shows the answer of the \
            others, names the shard, and fails.

            EXAMPLES:
              sparsestore search notes.sparse 'engines that run on steam' --highlight
              sparsestore search wiki.sparse --terms '{"swift": 1.2, "storage": 0.4}'
              sparsestore search wiki.sparse --terms '{"1012": 1.5}' --limit 3 --recall exact --json
              sparsestore search wiki.sparse --queries queries.jsonl --query 17 --explain --svg why.svg
              sparsestore search wiki.sparse --queries queries.jsonl --all --threads 2 --json
              sparsestore search wiki.sparse --terms '{"swift": 1.2}' --feedback docs=5,terms=20 --explain
              sparsestore search wiki.sparse --terms '{"swift": 1.2}' --filter 'tag:book AND NOT tag:old'
              sparsestore search wiki.sparse --terms '{"swift": 2, "taylor": -1}' --fields payload --count --json
              sparsestore search wiki.sparse --terms '{"swift": 1}' --boost decay:published,from=now,scale=30d \\
                --diversity 0.7
              sparsestore search wiki.sparse --like 17,42 --unlike 99 --group-by 'id:#' --group-size 2
              sparsestore search shards/ --terms '{"swift": 1.2}'
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The query in plain words.")
    var words: String?

    @OptionGroup var text: TextOptions

    @Flag(help: "Show the best matching passage of each hit, with the [matches] in brackets.")
    var highlight = false

    @Option(help: "The query as a JSON object of weights by term, or by term number if the store has numbers.")
    var terms: String?

    @Option(
        help: ArgumentHelp("Find documents similar to these, which are left out themselves.", valueName: "ids"),
        transform: { $0.split(separator: ",").map(String.init) })
    var like: [String]?

    @Option(
        help: ArgumentHelp(
            "Find documents that differ from these, which are left out themselves.", valueName: "ids"),
        transform: { $0.split(separator: ",").map(String.init) })
    var unlike: [String]?

    @Option(
        help: ArgumentHelp(
            "Search for the terms in several fields, each with a weight: 'title=2,body=1'.", valueName: "weights"),
        transform: FieldWeights.init)
    var fieldWeights: FieldWeights?

    @Option(help: "A file with queries, to run one of them; - for standard input.")
    var queries: String?

    @Option(help: "The id of the query to run from the file. (default: the first query)")
    var query: String?

    @Flag(help: "Run every query of the file.")
    var all = false

    @Option(help: "With --all: the number of threads, at most one per processor. (default: one per processor)")
    var threads: Int?

    @Option(help: "With --all: stop after this many seconds with exit code 6, and keep the answers so far.")
    var timeLimit: Double?

    @OptionGroup var tuning: SearchTuning

    @OptionGroup var page: PageOptions

    @OptionGroup var stages: StageOptions

    @Option(parsing: .unconditional, help: "Leave out hits whose score in the first stage is lower than this.")
    var minimumScore: Float?

    @Flag(help: "Show the contribution of each term, the query plan and its counters.")
    var explain = false

    @Option(
        help: ArgumentHelp(
            "Draw the contributions of terms and stages as SVG into this file. Includes --explain.", valueName: "file"))
    var svg: String?

    @OptionGroup var weights: WeightOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard svg == nil || !all && !answersEachLine else {
            throw ValidationError(
                "--svg draws the answer to one query, so it cannot be combined with --all or a stream of queries")
        }
        try StandardInput.checkIsReadOnce(["--queries": queries, "--fuse": stages.fuse])
        guard [words, terms, queries].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("give the query in only one way: as words, with --terms or with --queries")
        }
        guard words != nil || !highlight && text.encoder == nil else {
            throw ValidationError("--highlight and --encoder need a query in plain words")
        }
        guard words != nil || terms != nil || queries != nil || like?.isEmpty == false || unlike?.isEmpty == false
        else {
            throw ValidationError("give a query in words, or with --terms, --queries, --like or --unlike")
        }
        guard page.after == nil || !all else {
            throw ValidationError("--after continues one query and cannot be combined with --all")
        }
        if query != nil, queries == nil {
            throw ValidationError("--query needs --queries FILE, the file with the query")
        }
        guard !all || queries != nil && query == nil else {
            throw ValidationError(
                "--all needs --queries FILE, runs all its queries, and cannot be combined with --query")
        }
        guard threads == nil || all && (1...1_024).contains(threads ?? 1) else {
            throw ValidationError("--threads needs --all and must be between 1 and 1024")
        }
        guard timeLimit == nil || all && (timeLimit ?? 0) > 0 else {
            throw ValidationError("--time-limit needs --all and must be a number of seconds above 0")
        }
        guard !all || stages.isEmpty else {
            throw ValidationError(
                "--all does not run further stages; 'eval --run FILE' writes the answers of several stages")
        }
        if stages.fuse != nil, queries == nil {
            throw ValidationError("--fuse needs --queries, because a run names queries by id")
        }
    }

    func run() throws {
        let source = queries == "-" ? try ByteSource(path: "-") : nil
        if let source, answersEachLine, try QueryStream.isJSONLines(source) {
            return try run(QueryStream(source: source))
        }
        if let words { return try run(words) }
        if all { return try runAll(source) }
        let (given, records, place) = try readQuery(source)
        let (question, id) = (records[place].text, records[place].id)
        let stages = try self.stages.read(for: records, chosen: place).stages(query: id, at: place)
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let options = try options(for: store)
        let asked = try QuerySet.adapt(query(given), to: store.read { $0.termSpace })
        let report = try store.read { snapshot in
            let watch = Stopwatch()
            let answer = try Answer { try snapshot.search(asked, options: options, stages: stages) }
            let seconds = watch.seconds
            self.stages.noteUnknown([answer.result.stages])
            return self.report(answer, seconds: seconds, question: question)
        }
        try draw(report)
        try show(report)
    }

    /// Shows an answer. An answer that lacks shards fails the command afterward.
    func show(_ report: SearchReport) throws {
        try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text)
        if let partial = report.answer.partial { throw partial }
    }

    /// The search options from the command line.
    func options(for store: ShardedStore) throws -> SearchOptions {
        var options = try tuning.options(for: store)
        try page.apply(to: &options)
        options.includesContributions = explain || svg != nil
        options.minimumScore = minimumScore
        return options
    }

    func report(
        _ answer: Answer, seconds: Double? = nil, id: String? = nil, question: String?,
        highlighter: Highlighter? = nil
    ) -> SearchReport {
        SearchReport(
            answer: answer, recallAsked: tuning.recallAsked, seconds: seconds, explaining: explain || svg != nil,
            id: id,
            question: question, highlighter: highlighter)
    }

    /// Draws the answer, if --svg was given.
    func draw(_ report: SearchReport) throws {
        guard let svg else { return }
        let files = UsedFiles(store: store.store, inputs: [queries, tuning.weighting?.input] + stages.inputs)
        try ContributionPicture(report.result, question: report.question).picture
            .write(to: svg, option: "--svg", sparing: files)
    }

    /// A query with the additions of the options.
    func query(_ given: Query) throws -> Query {
        var query = given
        if let fieldWeights, case .terms(let terms) = given.content {
            query = try Query(terms: terms, fields: fieldWeights.weights)
        }
        query.like = like ?? []
        query.unlike = unlike ?? []
        return query
    }

    /// The query to run, the queries of its file, and its index there.
    private func readQuery(_ source: ByteSource?) throws -> (Query, [QueryRecord], Int) {
        guard let path = queries else {
            let parsed = try terms.map { try TermsText.parse($0, acceptingNegative: true) } ?? []
            guard !parsed.isEmpty || terms == nil else {
                throw CommandFailure(.invalidInput, "the query has no weight; give at least one term")
            }
            return (Query(terms: parsed), [QueryRecord(id: "", query: nil)], 0)
        }
        let file = try weights.queries(path, source)
        let place =
            query.map { id in file.queries.firstIndex { TextKey($0.id) == TextKey(id) } } ?? file.queries.indices.first
        guard let place else {
            throw CommandFailure(
                .invalidInput, "there is no query \(query.map { "'\($0)' " } ?? "")in '\(path)'; check the id")
        }
        let found = file.queries[place]
        if query != nil, file.queries[(place + 1)...].contains(where: { TextKey($0.id) == TextKey(found.id) }) {
            Output.note("several queries of '\(path)' have the id '\(found.id)'; running the first\n")
        }
        guard let query = found.query else {
            throw CommandFailure(.invalidInput, "query '\(found.id)' has no term with a weight; choose another query")
        }
        return (query, file.queries, place)
    }
}

extension SearchCommand {
    /// Runs a query in plain words.
    func run(_ words: String) throws {
        let stages = try self.stages.read(for: [QueryRecord(id: "", query: nil)], chosen: 0).stages(query: "", at: 0)
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let encoder = try text.encoder(for: store)
        let options = try options(for: store).forText(encodedBy: encoder)
        let terms = try encoder.encode(query: words)
        if terms.isEmpty { Output.note("the query has no term to search for; use other words\n") }
        let highlighter = highlight ? Highlighter(encoder.tokenizer, terms: terms) : nil
        let report = try store.read { snapshot in
            let watch = Stopwatch()
            let query = try self.query(Query(terms: terms))
            let answer = try Answer { try snapshot.search(query, options: options, stages: stages) }
            return self.report(answer, seconds: watch.seconds, question: words, highlighter: highlighter)
        }
        try draw(report)
        try show(report)
    }
}
