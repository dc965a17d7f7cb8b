internal import SparseInterchange
internal import SparseStore

extension SearchCommand {
    /// Asks every query of the file that has a weight, all in one snapshot.
    func runAll() throws {
        let file = try QueryFile(path: queries ?? "-")
        let store = try self.store.openForReading()
        defer { store.close() }
        let options = try options(for: store)
        let set = try QuerySet(file, for: store)
        try store.read { snapshot in
            let answers = try snapshot.search(
                batch: set.queries.compactMap(\.self), options: options, threads: threads)
            let asked = zip(set.records, set.queries).filter { $1 != nil }.map(\.0)
            for (record, answer) in zip(asked, answers) {
                let report = try self.report(answer.get(), snapshot, id: record.id, question: record.text)
                try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text + "\n")
            }
            let silent = set.records.count - asked.count
            if silent > 0 { Output.note("\(silent) of the queries have no weight above zero and were not asked\n") }
        }
    }
}
