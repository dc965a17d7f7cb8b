internal import SparseInterchange
internal import SparseStore

extension SearchCommand {
    /// Asks every query of the file that has a weight, all in one snapshot.
    func runAll() throws {
        let file = try weights.queries(queries ?? "-")
        if let pair = file.firstRepetition {
            Output.note("queries \(pair.first + 1) and \(pair.second + 1) of the file have the same id\n")
        }
        let store = try self.store.openForReading()
        defer { store.close() }
        let options = try options(for: store)
        let set = try QuerySet(file, for: store)
        let asked = zip(set.records, set.queries).compactMap { record, query in query.map { (record, $0) } }
        InterruptFlag.install()
        try store.read { snapshot in try ask(asked, snapshot, options) }
        let silent = set.records.count - asked.count
        if silent > 0 { Output.note("\(silent) of the queries have no weight above zero and were not asked\n") }
    }

    /// Asks so many queries at a time that their hits fit into memory, and tells every few seconds how far it is.
    private func ask(_ queries: [(QueryRecord, Query)], _ snapshot: Snapshot, _ options: SearchOptions) throws {
        var options = options
        options.deadline = timeLimit.map { ContinuousClock.now + .seconds($0) }
        let size = max(WorkerThread.processors, 100_000 / options.limit)
        let watch = Stopwatch()
        var told = watch.seconds
        var done = 0
        while done < queries.count {
            let part = queries[done..<min(queries.count, done + size)]
            let answers = try snapshot.search(batch: part.map(\.1), options: options, threads: threads)
            for ((record, _), answer) in zip(part, answers) {
                guard !InterruptFlag.isSet else { throw ended(.interrupted, "interrupted", done, queries.count) }
                let result: SearchResult
                do throws(SparseStoreError) {
                    result = try answer.get()
                } catch {
                    guard error.code == .deadlineExceeded else { throw error }
                    throw ended(.busy, "the time limit of \(timeLimit ?? 0) s is over", done, queries.count)
                }
                let report = try report(result, snapshot, id: record.id, question: record.text)
                try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text + "\n")
                done += 1
                if watch.seconds - told >= 5 {
                    told = watch.seconds
                    Output.note("answered \(Figures.count(done)) of \(Figures.count(queries.count)) queries\n")
                }
            }
        }
    }

    private func ended(_ status: ExitStatus, _ reason: String, _ done: Int, _ count: Int) -> CommandFailure {
        CommandFailure(
            status,
            "\(reason) after \(Figures.count(done)) of \(Figures.count(count)) queries; their answers were written")
    }
}
