internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore export`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every document as JSON Lines, which `load` reads.",
        discussion: """
            {"id": string, "content": string, "tags": [string], "attributes": {name: value}, "vector": {term: weight}, \
            "multivector": [[number]]} a line, in the order in which the documents were written; numbers keep every bit. 'content' is the payload; one \
            that is not text becomes 'payload_base64'. Where terms are numbers, the vector is \
            {"indices": [number], "values": [weight]}.

            Dates are texts of RFC 3339: 'load --dates' reads them again. 'load' makes the same documents of it. Token vectors are written as their codec has kept them: a store of \
            int8 gets its own bits back with 'load --codec int8', while pq32 trains a new codebook, and its token vectors \
            change a little; a note says so. What a store holds beside its documents (index, tuning, places in inputs) is \
            not exported: 'backup' keeps all. The exit code is 2 when a document is too large for a line that 'load' reads.

            EXAMPLES:
              sparsestore export wiki.sparse > documents.jsonl
              sparsestore export wiki.sparse | zstd > documents.jsonl.zst
            """)

    @OptionGroup var store: StoreArgument

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        InterruptFlag.install()
        let multivectors = try store.statistics().multivectors
        var tooLong: (count: Int, first: String)?
        var dates: [String] = []
        let progress = ProgressLine()
        var written = 0
        try store.read { snapshot in
            let all = snapshot.count
            dates = snapshot.attributes.filter { $0.value == .date }.keys.sorted()
            try snapshot.forEachDocument(includingMultivector: true) { document in
                if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; the output is not complete") }
                let line = DocumentJSON.line(document)
                if line.utf8.count > InterchangeLimits.lineBytes {
                    tooLong = ((tooLong?.count ?? 0) + 1, tooLong?.first ?? document.id)
                }
                try Output.standard.write(line + "\n")
                written += 1
                progress.update(
                    "wrote \(Figures.count(written)) documents", fraction: Double(written) / Double(max(1, all)))
                return true
            }
        }
        progress.clear()
        if !dates.isEmpty { Output.note("load this with --dates \(dates.joined(separator: ","))\n") }
        if let multivectors, multivectors.documents > 0 { Self.note(multivectors) }
        if let tooLong {
            throw CommandFailure(
                .invalidInput,
                "\(Figures.count(tooLong.count)) documents make a line longer than the \(InterchangeLimits.lineBytes) bytes "
                    + "that 'load' reads, the first of them '\(Printable.line(Array(tooLong.first.utf8), limit: 60))'; move "
                    + "the store with 'backup' instead")
        }
    }

    /// Says what `load` needs for token vectors to stay as they are.
    private static func note(_ multivectors: MultivectorStatistics) {
        let count =
            "\(Figures.count(multivectors.documents)) documents have token vectors, kept as \(multivectors.codec)"
        switch multivectors.codec {
        case .f16: break
        case .int8: Output.note("\(count); 'load --codec int8' keeps their bits, a load without changes them\n")
        case .pq32:
            Output.note("\(count); 'load --codec pq32' trains a codebook of its own, which changes them a little\n")
        }
    }
}
