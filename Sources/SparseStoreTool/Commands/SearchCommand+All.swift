internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

extension SearchCommand {
    /// Runs every query of the file that has a weight, all in one snapshot.
    func runAll(_ source: ByteSource?) throws {
        let file = try weights.queries(queries ?? "-", source)
        if let pair = file.firstRepetition {
            Output.note("queries \(pair.first + 1) and \(pair.second + 1) of the file have the same id\n")
        }
        let store = try self.store.openForReading()
        defer { store.close() }
        let options = try options(for: store)
        let set = try QuerySet(file, for: store.read { $0.termSpace })
        let asked = try zip(set.records, set.queries).compactMap { record, query in
            try query.map { (record, try self.query($0)) }
        }
        InterruptFlag.install()
        try store.read { snapshot in try ask(asked, snapshot, options) }
        let silent = set.records.count - asked.count
        if silent > 0 { Output.note("\(silent) of the queries have no weight and were skipped\n") }
    }

    /// Runs as many queries at a time as their hits fit into memory, and reports its progress every few seconds.
    private func ask(_ queries: [(QueryRecord, Query)], _ snapshot: ShardedSnapshot, _ options: SearchOptions) throws {
        var options = options
        options.deadline = timeLimit.map { ContinuousClock.now + .seconds($0) }
        let size = max(WorkerThread.processors, 100_000 / options.limit)
        let watch = Stopwatch()
        var told = watch.seconds
        var done = 0
        var partial: PartialAnswer?
        while done < queries.count {
            let part = queries[done..<min(queries.count, done + size)]
            let answers = try snapshot.search(batch: part.map(\.1), options: options, threads: threads)
            for ((record, _), answer) in zip(part, answers) {
                guard !InterruptFlag.isSet else {
                    throw ended(.interrupted, reason: "interrupted", done: done, count: queries.count)
                }
                let found: Answer
                do {
                    found = try Answer { try answer.get() }
                } catch let error as SparseStoreError where error.code == .deadlineExceeded {
                    throw ended(
                        .busy, reason: "the time limit of \(timeLimit ?? 0) s is over", done: done, count: queries.count
                    )
                }
                partial = partial ?? found.partial
                let report = self.report(found, id: record.id, question: record.text)
                try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text + "\n")
                done += 1
                if watch.seconds - told >= 5 {
                    told = watch.seconds
                    Output.note("answered \(Figures.count(done)) of \(Figures.count(queries.count)) queries\n")
                }
            }
        }
        if let partial { throw partial }
    }

    private func ended(_ status: ExitStatus, reason: String, done: Int, count: Int) -> CommandFailure {
        CommandFailure(
            status,
            "\(reason) after \(Figures.count(done)) of \(Figures.count(count)) queries; their answers were written")
    }

    /// Whether each line of standard input is answered before the next is read.
    var answersEachLine: Bool {
        queries == "-" && output.isJSON && query == nil && threads == nil && timeLimit == nil && stages.isEmpty
            && page.after == nil && !weights.dropBadWeights
    }

    /// Answers each query of standard input before reading the next.
    func run(_ lines: QueryStream) throws {
        let store = try self.store.openForReading(tuning.apply)
        defer { store.close() }
        let options = try options(for: store)
        var failed = 0
        var partial: PartialAnswer?
        func answer(_ record: QueryRecord) throws -> JSONValue {
            guard let given = record.query else { return refusal("the query has no weight", of: record.id) }
            let asked = try QuerySet.adapt(query(given), to: store.read { $0.termSpace })
            let answer = try Answer { try store.search(asked, options: options) }
            partial = partial ?? answer.partial
            return report(answer, id: record.id, question: record.text).json
        }
        func refusal(_ message: String, of id: String? = nil) -> JSONValue {
            failed += 1
            return .object((id.map { [("id", .string($0))] } ?? []) + [("error", .string(message))])
        }
        while let line = try lines.next() {
            let json: JSONValue
            switch line {
            case .reject(let why): json = refusal(why)
            case .query(let record):
                do {
                    json = try answer(record)
                } catch  where CommandFailure(error).status == .invalidInput {
                    json = refusal(CommandFailure(error).message, of: record.id)
                }
            }
            try Output.standard.write(json.text + "\n")
            try Output.standard.flush()
        }
        if let partial { throw partial }
        guard failed == 0 else {
            throw CommandFailure(
                .invalidInput, "\(failed) of the lines could not be answered; see 'error' in their answers")
        }
    }
}

/// The value of `--field-weights`: `title=2,body=1`.
struct FieldWeights {
    let weights: [String: Float]

    init(_ text: String) throws {
        var weights: [String: Float] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let weight = Float(pair[1]), weight.isFinite,
                weights.updateValue(weight, forKey: pair[0]) == nil
            else {
                throw ValidationError(
                    "--field-weights must be a list like 'title=2,body=1' without repeats, not '\(part)'")
            }
        }
        self.weights = weights
    }
}
