internal import ArgumentParser
internal import SparseStore
internal import SystemPackage

/// `sparsestore export`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every document as JSON Lines, which `load` reads.",
        discussion: """
            {"id": string, "content": string, "tags": [string], "vector": {term: weight}} a line, in the order in which \
            the documents were written; weights keep every bit. 'content' is the payload; one that is no text becomes \
            'payload_base64', which `load` passes over. Numbers of terms become strings.

            EXAMPLES:
              sparsestore export wiki.sparse > documents.jsonl
              sparsestore export wiki.sparse | zstd > documents.jsonl.zst
            """)

    @OptionGroup var store: StoreArgument

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        InterruptFlag.install()
        var binary = 0
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; the output is not complete") }
                let report = DocumentReport(document: document)
                if report.hasBinaryPayload { binary += 1 }
                try Output.standard.write(report.line.text + "\n")
                return true
            }
        }
        if binary > 0 {
            Output.note("\(Figures.count(binary)) payloads are no text; 'load' passes over their 'payload_base64'\n")
        }
    }
}
