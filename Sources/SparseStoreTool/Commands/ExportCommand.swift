internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore export`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every document as JSON Lines that 'load' can read.",
        discussion: """
            Writes {"id": string, "content": string, "tags": [string], "attributes": {name: value}, "vector": {term: \
            weight}, "multivector": [[number]]}, one document per line, in the order in which the documents were \
            written. Numbers keep every bit. 'content' is the payload; a payload that is not text becomes \
            'payload_base64'. If the terms are numbers, the vector is {"indices": [number], "values": [weight]}. Dates \
            are RFC 3339 strings; 'load --dates' reads them back as dates.

            'load' restores the same documents from this output. Token vectors are written as their codec stored \
            them. 'load --codec int8' restores the exact bits of an int8 store; pq32 trains a new codebook, which \
            changes the token vectors slightly, and a note says so. Only documents are exported; 'backup' also keeps \
            the index, the tuning and the positions of loads. The exit code is 2 if a document is too large for a \
            line that 'load' reads.

            With --canonical, documents and terms are sorted by their bytes, so stores with equal contents give equal \
            output. With --for, four things are written to DIR: the documents in the form that another engine loads; \
            'manifest.json', which lists what that engine changes; 'queries.jsonl'; and 'truth.trec' with the exact \
            answers. 'compare' compares the engine's answers to the queries with the exact ones.

            EXAMPLES:
              sparsestore export wiki.sparse > documents.jsonl
              sparsestore export wiki.sparse | zstd > documents.jsonl.zst
              sparsestore export wiki.sparse --canonical | sha256sum
              sparsestore export wiki.sparse --for qdrant qdrant/
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: ArgumentHelp("With --for: the new folder to write.", valueName: "dir"))
    var folder: String?

    @Option(name: .customLong("for"), help: "Write for another engine.")
    var target: GraduationTarget?

    @Flag(help: "Write in an order that depends only on the contents.")
    var canonical = false

    @Option(help: "With --for: the number of queries to make from the documents.")
    var truthQueries = 100

    @Option(help: "With --for: the number of documents in each exact answer.")
    var truthDepth = 100

    func validate() throws {
        guard (target == nil) == (folder == nil) else {
            throw ValidationError("--for and a folder must be given together: 'export STORE --for qdrant DIR'")
        }
        guard target == nil || !canonical else { throw ValidationError("--canonical cannot be combined with --for") }
        guard (1...100_000).contains(truthQueries), (1...Limits.maximumResults).contains(truthDepth) else {
            throw ValidationError(
                "--truth-queries must be 1 to 100000, and --truth-depth 1 to \(Limits.maximumResults)")
        }
    }

    /// Writes the folder for another engine.
    private func graduate(to target: GraduationTarget, _ folder: String) throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        InterruptFlag.install()
        let output = try NewFolder(folder)
        try store.read { snapshot in
            try GraduationWriter(
                target: target, folder: output.work, snapshot: snapshot, queryCount: truthQueries, depth: truthDepth
            ).write()
        }
        try output.finish()
        try Output.standard.write("written for \(target.rawValue); see '\(folder)/manifest.json'\n")
    }

    func run() throws {
        if let target, let folder { return try graduate(to: target, folder) }
        let store = try self.store.openForReading()
        defer { store.close() }
        InterruptFlag.install()
        let multivectors = try store.statistics().compactMap(\.statistics.multivectors)
        var tooLong: (count: Int, first: String)?
        var dates: [String] = []
        let progress = ProgressLine()
        var written = 0
        try store.read { snapshot in
            let all = snapshot.count
            dates = snapshot.attributes.filter { $0.value == .date }.keys.sorted()
            try forEachDocument(snapshot) { document in
                if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; the output is not complete") }
                let line = DocumentJSON.line(document)
                if line.utf8.count > InterchangeLimits.lineBytes {
                    tooLong = ((tooLong?.count ?? 0) + 1, tooLong?.first ?? document.id)
                }
                try Output.standard.write(line + "\n")
                written += 1
                progress.update(
                    "wrote \(Figures.count(written)) documents", fraction: Double(written) / Double(max(1, all)))
            }
            if let encoder = snapshot.encoder { Output.note("load this with the encoder \(encoder)\n") }
        }
        progress.clear()
        if !dates.isEmpty { Output.note("load this with --dates \(dates.joined(separator: ","))\n") }
        for multivectors in multivectors where multivectors.documents > 0 { Self.note(multivectors) }
        if let tooLong {
            throw CommandFailure(
                .invalidInput,
                "the lines of \(Figures.count(tooLong.count)) documents exceed the \(InterchangeLimits.lineBytes) "
                    + "bytes that 'load' reads; the first is "
                    + "'\(Printable.line(Array(tooLong.first.utf8), limit: 60))'; use 'backup' to copy the store")
        }
    }

    private func forEachDocument(_ snapshot: ShardedSnapshot, _ body: (Document) throws -> Void) throws {
        guard canonical else {
            return try snapshot.forEachDocument(includingMultivector: true) { document in
                try body(document)
                return true
            }
        }
        var ids: [TextKey] = []
        ids.reserveCapacity(snapshot.count)
        try snapshot.forEachDocument { document in
            ids.append(TextKey(document.id))
            return true
        }
        ids.sort()
        for id in ids {
            guard var document = try snapshot.document(id.text, includingMultivector: true) else { continue }
            if case .terms(let terms) = document.content {
                document.content = .terms(terms.sorted { TextKey($0.term) < TextKey($1.term) })
            }
            try body(document)
        }
    }

    /// Prints which options of `load` preserve the token vectors.
    private static func note(_ multivectors: MultivectorStatistics) {
        let count =
            "\(Figures.count(multivectors.documents)) documents have token vectors, kept as \(multivectors.codec)"
        switch multivectors.codec {
        case .f16: break
        case .int8: Output.note("\(count); 'load --codec int8' keeps their bits; other loads change them\n")
        case .pq32:
            Output.note("\(count); 'load --codec pq32' trains a new codebook, which changes them slightly\n")
        }
    }
}
