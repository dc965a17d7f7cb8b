internal import SparseInterchange
internal import SparseStore
internal import SparseText

extension SearchCommand {
    /// Runs a query in plain words.
    func run(_ words: String) throws {
        let stages = try self.stages.read(for: [QueryRecord(id: "", query: nil)], chosen: 0).stages(query: "", at: 0)
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let encoder = try text.encoder(for: store)
        let options = text.options(try options(for: store), encoder)
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
