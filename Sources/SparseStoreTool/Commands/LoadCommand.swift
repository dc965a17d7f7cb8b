internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// `sparsestore load`
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load documents from a file or from standard input.",
        discussion: """
            Reads three kinds of input:
            - JSON Lines as 'export' writes them: {"id": string or integer, "content" or "contents": string, \
            "vector": {term: weight}, "tags": [string], "attributes": {name: value}, "multivector": [[number]]}
            - a matrix with one document per row: BigANN CSR, .npz from scipy.sparse.save_npz, or a folder with \
            doc-embeddings.npz. A row's id is its number unless --ids names a file.
            - an inverted index in CIFF

            Text and CSR may be compressed with zstd or gzip. The store is created if it does not exist. A document \
            whose id is already in the store replaces the old one. Replacements are counted.

            Use the Python package to load tables such as CSV and Parquet.

            Each batch is one transaction that also records the position in the input, so --resume can continue after \
            the process is killed. A batch ends when it is large enough. A batch from standard input or a pipe also \
            ends --batch-seconds after its first document arrives, so that a live feed becomes searchable. SIGINT \
            commits the documents read so far and stops with exit code 8. The load uses --memory plus twice the \
            longest line (at most 64 MiB). CSR that comes from standard input or is compressed with zstd is first \
            copied to an unnamed file in TMPDIR.

            Lines and rows that cannot be stored are rejected and counted. The exit code is 2 only if all were rejected.

            With --text, --encoder turns one field of each line, or the part after a tab, into a vector, and the text \
            becomes the payload. The store remembers the encoder, and 'search' then takes plain words. --encoder \
            without --text only records which encoder made the vectors of the input.

            EXAMPLES:
              sparsestore load notes.sparse notes.jsonl --text content --encoder bm25:english
              sparsestore load wiki.sparse documents.jsonl.zst --rejects rejects.tsv
              sparsestore load wiki.sparse documents.csr
              sparsestore load wiki.sparse documents.csr --multivectors t.npy --offsets o.npy --codec int8
              sparsestore load wiki.sparse vectors.npz --ids ids.txt --payloads texts.txt
              produce-documents | sparsestore load wiki.sparse - --resume
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    @Argument(help: "The file or folder to read; - for standard input.")
    var input: String

    @Option(
        help:
            """
            The input's format: jsonl, json (an array, or objects over several lines), csr, npz or ciff. (default: \
            detected from the content)
            """
    )
    var format: InputFormatOption?

    @Option(help: "The JSON string field to store as the payload, or 'none'. (default: content, or else contents)")
    var payload: String?

    @Option(help: "The names of attributes whose strings are RFC 3339 dates, separated by commas.")
    var dates: String?

    @Option(help: "The JSON string field to encode into the vector and store as the payload.")
    var text: String?

    @Option(
        help: "The encoder of texts and queries: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF].",
        transform: EncoderOption.parse)
    var encoder: EncoderOption?

    @Flag(help: "Continue where the last load of this input stopped.")
    var resume = false

    @Option(help: "Write the number of each rejected line, a tab and the reason to this file.")
    var rejects: String?

    // Three batches fill a window, so each document is laid out twice: at its commit, and when the window is merged.
    @Option(help: "The maximum number of documents per transaction.")
    var batch = Limits.maximumDocumentsPerWindow / 3

    @Option(help: "The maximum number of seconds before a document from standard input or a pipe is committed.")
    var batchSeconds = 1.0

    @OptionGroup var fields: FieldOptions

    @OptionGroup var weights: WeightOptions

    @Flag(
        help: """
            Store documents that have no vector, or no weight above zero. They can be found by id and by filters, but \
            not by searches. By default, they are rejected.
            """)
    var emptyVectors = false

    @OptionGroup var labels: MatrixLabels

    @OptionGroup var tokens: MultivectorInput

    @Flag(
        help: """
            Stop at the first input that would otherwise be rejected, ignored or changed: a line or row that \
            cannot be stored, an id that appears twice in the input, a field that is not read, or a weight that is \
            zero or written as a string. The ids are kept in memory.
            """)
    var strict = false

    @OptionGroup var fill: FillOptions

    func validate() throws {
        guard (1...1_000_000).contains(batch) else {
            throw ValidationError("--batch must be between 1 and 1000000, not \(batch)")
        }
        guard (0.1...86_400).contains(batchSeconds) else {
            throw ValidationError("--batch-seconds must be between 0.1 and 86400, not \(batchSeconds)")
        }
        guard text == nil || encoder != nil else { throw ValidationError("--text needs --encoder") }
        if case .wordPiece? = encoder, text != nil {
            throw ValidationError("a wordpiece encoder only encodes queries; load the vectors that its model produces")
        }
        if let payload, ["none"].contains(payload) == false, text != nil, payload != text {
            throw ValidationError("with --text, the text is the payload, so --payload can only be 'none'")
        }
        if let payload, ["id", "vector", "tags", "attributes", "multivector"].contains(payload) {
            throw ValidationError("--payload cannot be '\(payload)', which is a reserved field; name another field")
        }
    }

    func run() throws {
        let input = MatrixFile.resolve(input)
        let files = UsedFiles(
            store: self.store.store,
            inputs: [input, MatrixFile.idsBeside(input)] + labels.inputs + tokens.inputs)
        try files.requireOtherStandardStreams()
        // Open the input first: a misspelled name must not leave an empty store behind.
        let source = try ByteSource(path: input)
        let textEncoder = try encoder?.encoder()
        let format = try format?.format ?? InputFormat.detect(source)
        let name = LoadBookmark.name(forInput: input)
        let rejectFile = try rejects.map { try RejectFile(path: $0, sparing: files) }
        var start = LoadBookmark(format: format.rawValue, size: source.rawSize, text: text)
        var isResumed = false
        let store: Store
        let reader: any DocumentReader
        if resume {
            store = try openStore(textEncoder)
            if let kept = try kept(name, in: store, source: source, fresh: start) { (start, isResumed) = (kept, true) }
            reader = try documents(source, format: format, from: start.position, textEncoder)
        } else {
            reader = try documents(source, format: format, from: start.position, textEncoder)
            store = try openStore(textEncoder)
        }
        if let rejects { try rejectFile?.keep(first: isResumed ? start.rejectBytesToKeep(rejects) : 0) }
        InterruptFlag.install()
        let reporter = ProgressReporter(isQuiet: fill.quiet, fractionAtStart: reader.progress ?? 0)
        let loader = Loader(
            store: store, bookmark: start, bookmarkName: name, rejectFile: rejectFile, reporter: reporter,
            isStrict: strict)
        try report(
            try loader.run(
                reader,
                // The batches of a regular file must not depend on how fast it is read.
                batches: BatchLimits(
                    documents: batch, bytes: fill.layout.memory.batchBytes,
                    age: source.rawSize == nil ? .seconds(batchSeconds) : nil),
                build: fill.build, codec: tokens.codec?.codec))
        store.close()
    }

    private func openStore(_ encoder: (any TextEncoder)?) throws -> Store {
        let opened = try store.openForWriting(createsIfMissing: true, wait: wait) { configuration in
            configuration.multivectorCodec = tokens.firstCodec
            fill.layout.apply(to: &configuration)
        }
        try fill.layout.apply(to: opened)
        if let encoder { try opened.write { try $0.setEncoder(encoder.description) } }
        return opened
    }

    /// The position that an earlier load of this input recorded, or nil.
    private func kept(
        _ name: String, in store: Store, source: ByteSource, fresh: LoadBookmark
    ) throws -> LoadBookmark? {
        let bytes = try store.read { snapshot in try snapshot.bookmark(name) }
        guard let kept = bytes.flatMap(LoadBookmark.decode) else {
            Output.note("nothing to resume; loading '\(source.name)' from the beginning\n")
            return nil
        }
        try kept.check(against: fresh, name: source.name)
        return kept
    }

    private var payloadField: PayloadField {
        switch payload {
        case nil: .content
        case "none": .none
        case let name?: .named(name)
        }
    }

    private var rules: ReadingRules {
        var rules = weights.rules
        rules.isStrict = strict
        rules.acceptsEmptyVectors = emptyVectors
        return rules
    }

    private func documents(
        _ source: ByteSource, format: InputFormat, from position: InputPosition, _ encoder: (any TextEncoder)?
    ) throws -> any DocumentReader {
        if let text, let encoder {
            guard format == .jsonl else {
                throw CommandFailure(
                    .invalidInput, "'\(source.name)' is \(format.rawValue) and has no texts; load it without --text")
            }
            return EncodingReader(
                try TextReader(source: source, fields: [text], from: position), encoder,
                keepsText: payload != "none", acceptsEmptyVectors: emptyVectors)
        }
        switch format {
        case .jsonl, .json:
            return try tokens.join(
                labels.join(
                    JSONLinesReader(
                        source: source, format: format, paths: fields.paths, payload: payloadField,
                        dates: Set((dates ?? "").split(separator: ",").map(String.init)), from: position,
                        rules: rules), of: source.name))
        case .ciff:
            return try tokens.join(CIFFReader(source: source, from: position, rules: rules))
        case .csr, .npz:
            return try tokens.join(
                labels.join(
                    CSRReader(source: source, from: position, rules: rules), of: source.name))
        }
    }

    private func report(_ summary: LoadSummary) throws {
        try Output.standard.write(fill.json ? summary.json.text + "\n" : summary.text)
        guard summary.isComplete else {
            throw CommandFailure(
                .interrupted,
                "interrupted after committing \(Figures.count(summary.acceptedInAll)) documents; "
                    + "continue with --resume")
        }
        guard summary.acceptedInAll > 0 || summary.rejectedInAll == 0 else {
            throw CommandFailure(
                .invalidInput,
                "all \(Figures.count(summary.rejectedInAll)) rows were rejected; see "
                    + (rejects.map { "'\($0)' for the reasons" } ?? "the reasons above")
                    + ", and 'sparsestore load --help' for the formats")
        }
        if summary.rejected > 0, !fill.json {
            Output.note(
                "\(Figures.count(summary.rejected)) rows were rejected" + (rejects.map { "; see '\($0)'" } ?? "") + "\n"
            )
        }
        if summary.rejectedForWeights > 0 {
            Output.note(
                "\(Figures.count(summary.rejectedForWeights)) of the rejected have a bad weight; --drop-bad-weights "
                    + "loads them without the bad weights\n")
        }
    }
}
