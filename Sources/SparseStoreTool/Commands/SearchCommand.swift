internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// `sparsestore search`
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find the best documents for a query, or for each of a file.",
        discussion: """
            The query is plain words, where the store knows what encoded its texts or --encoder says so; or a JSON object of \
            weights by term; or one query of a file (JSON Lines or CSR). Hits are shown with \
            the first 200 characters of their payload; --explain adds what each term contributed, and how the answer was \
            found. With --all every query of the file is asked, by several threads in one state of the store; --json then \
            writes a line for each, in the order of the file. An interruption (exit code 8) or --time-limit ends it with \
            the answers until then. 'search --queries - --json' answers each line of standard input as it comes, in the \
            newest state of the store.

            Weights below zero lower the score of what has the term. --like and --unlike add and subtract the vectors of \
            documents. With --json an answer that may go on has a cursor: give it to --after, with the same question.

            EXAMPLES:
              sparsestore search notes.sparse 'engines that run on steam' --highlight
              sparsestore search wiki.sparse --terms '{"swift": 1.2, "storage": 0.4}'
              sparsestore search wiki.sparse --terms '{"1012": 1.5}' --limit 3 --recall exact --json
              sparsestore search wiki.sparse --queries queries.jsonl --query 17 --explain --svg why.svg
              sparsestore search wiki.sparse --queries queries.jsonl --all --threads 2 --json
              sparsestore search wiki.sparse --terms '{"swift": 1.2}' --feedback docs=5,terms=20 --explain
              sparsestore search wiki.sparse --terms '{"swift": 1.2}' --filter 'tag:book AND NOT tag:old'
              sparsestore search wiki.sparse --terms '{"swift": 2, "taylor": -1}' --fields payload --count --json
              sparsestore search wiki.sparse --terms '{"swift": 1}' --boost decay:published,from=now,scale=30d --diversity 0.7
              sparsestore search wiki.sparse --like 17,42 --unlike 99 --group-by 'id:#' --group-size 2
              sparsestore search shards/ --terms '{"swift": 1.2}'

            A folder of shards answers as one store. When a shard cannot answer, the others' answer is shown, and the command \
            fails and names it.
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The query in plain words.")
    var words: String?

    @OptionGroup var text: TextOptions

    @Flag(help: "Show the passage of each hit that matches best, and where: [word].")
    var highlight = false

    @Option(help: "The query: a JSON object of weights by term, or by number in a store of numbers.")
    var terms: String?

    @Option(
        help: ArgumentHelp("Find documents like these, which are not found themselves.", valueName: "ids"),
        transform: { $0.split(separator: ",").map(String.init) })
    var like: [String]?

    @Option(
        help: ArgumentHelp("Find documents unlike these, which are not found themselves.", valueName: "ids"),
        transform: { $0.split(separator: ",").map(String.init) })
    var unlike: [String]?

    @Option(
        help: ArgumentHelp(
            "Look for the terms in several fields, each with a weight: 'title=2,body=1'.", valueName: "weights"),
        transform: FieldWeights.init)
    var fieldWeights: FieldWeights?

    @Option(help: "A file of queries, of which one is asked; - for standard input.")
    var queries: String?

    @Option(help: "The id of the query in the file. (default: the first)")
    var query: String?

    @Flag(help: "Ask every query of the file.")
    var all = false

    @Option(help: "How many threads ask, with --all; at most one for each processor. (default: that many)")
    var threads: Int?

    @Option(help: "With --all: end after so many seconds, with the answers until then and exit code 6.")
    var timeLimit: Double?

    @OptionGroup var tuning: SearchTuning

    @OptionGroup var page: PageOptions

    @OptionGroup var stages: StageOptions

    @Option(parsing: .unconditional, help: "Leave out hits with a lower score.")
    var minimumScore: Float?

    @Flag(help: "Show why: what each term contributed, the plan and its counters.")
    var explain = false

    @Option(
        help: ArgumentHelp(
            "Draw what each term and stage contributed into this file, as SVG. Includes --explain.", valueName: "file"))
    var svg: String?

    @OptionGroup var weights: WeightOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard svg == nil || !all && !answersEachLine else {
            throw ValidationError(
                "--svg draws the answer to one query, so it does not go with --all or a stream of queries")
        }
        try StandardInput.checkIsReadOnce(["--queries": queries, "--fuse": stages.fuse])
        guard [words, terms, queries].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("give the query in one way: as words, with --terms or with --queries")
        }
        guard words != nil || !highlight && text.encoder == nil else {
            throw ValidationError("--highlight and --encoder are for a query in plain words")
        }
        guard words != nil || terms != nil || queries != nil || like?.isEmpty == false || unlike?.isEmpty == false
        else {
            throw ValidationError("give a query: in words, or with --terms, --queries, --like or --unlike")
        }
        guard page.after == nil || !all else {
            throw ValidationError("--after goes on with one query, so it does not go with --all")
        }
        if query != nil, queries == nil {
            throw ValidationError("--query names a query of the file given with --queries")
        }
        guard !all || queries != nil && query == nil else {
            throw ValidationError("--all asks every query of the file given with --queries, so it takes no --query")
        }
        guard threads == nil || all && (1...1_024).contains(threads ?? 1) else {
            throw ValidationError("--threads is to be 1 to 1024, with --all")
        }
        guard timeLimit == nil || all && (timeLimit ?? 0) > 0 else {
            throw ValidationError("--time-limit is a number of seconds above 0, with --all")
        }
        guard !all || stages.isEmpty else {
            throw ValidationError("--all has no further stages; 'eval --run FILE' writes the answers of several stages")
        }
        if stages.fuse != nil, queries == nil {
            throw ValidationError("--fuse needs --queries: a run names queries by their ids")
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

    /// What the options ask of each search.
    func options(for store: ShardedStore) throws -> SearchOptions {
        var options = try tuning.options(for: store)
        try page.apply(to: &options)
        options.contributions = explain || svg != nil
        options.minimumScore = minimumScore
        return options
    }

    func report(
        _ answer: Answer, seconds: Double? = nil, id: String? = nil, question: String?,
        highlighter: Highlighter? = nil
    ) -> SearchReport {
        SearchReport(
            answer: answer, recallAsked: tuning.recallAsked, seconds: seconds, explaining: explain || svg != nil, id: id,
            question: question, highlighter: highlighter)
    }

    /// Draws the answer, where --svg says so.
    func draw(_ report: SearchReport) throws {
        guard let svg else { return }
        let files = UsedFiles(store: store.store, inputs: [queries, tuning.weighting.input] + stages.inputs)
        try ContributionPicture(report.result, question: report.question).picture
            .write(to: svg, option: "--svg", sparing: files)
    }

    /// A query with what the options add to it.
    func query(_ given: Query) throws -> Query {
        var query = given
        if let fieldWeights, case .terms(let terms) = given.content {
            query = try Query(terms: terms, fields: fieldWeights.weights)
        }
        query.like = like ?? []
        query.unlike = unlike ?? []
        return query
    }

    /// The query, and the file it stands in, with its place there.
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
            Output.note("several queries of '\(path)' have the id '\(found.id)'; the first is asked\n")
        }
        guard let query = found.query else {
            throw CommandFailure(.invalidInput, "query '\(found.id)' has no weight; choose another")
        }
        return (query, file.queries, place)
    }
}
