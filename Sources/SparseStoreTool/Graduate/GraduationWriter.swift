internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// Writes one state of a store for another engine: its documents, a manifest, and queries with their exact answers.
struct GraduationWriter {
    let target: GraduationTarget
    let folder: String
    let snapshot: ShardedSnapshot
    /// The number of queries, and the number of documents in each answer.
    let queryCount: Int
    let depth: Int

    /// The number of terms in a query that is made from a document.
    private static let queryTerms = 24

    /// A summary of the written files.
    private struct Counts {
        var documents = 0
        var nonzeros = 0
        var terms: [String: Int] = [:]
        var largest: Float = 0
        var changedFeatures = 0
    }

    func write() throws {
        if case .bm25? = snapshot.encoder?.scoring, target != .ciff {
            throw CommandFailure(
                .invalidInput,
                "the store scores by BM25 with live statistics, but \(target.rawValue) would treat counts as weights; "
                    + "use '--for ciff', which keeps counts, or fill a store with weights")
        }
        var counts = Counts()
        try snapshot.forEachTermName { counts.terms[$0] = counts.terms.count }
        let queries = try sampleQueries()
        try writeDocuments(&counts)
        if target.hasTermNumbers, !counts.terms.isEmpty { try writeVocabulary(counts.terms) }
        if let declaration = target.declaration { try write(declaration.text, to: declaration.file) }
        let asked = try writeQueries(queries, counts.terms)
        try write(manifest(counts, queries: asked).text + "\n", to: "manifest.json")
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func output(_ name: String) throws -> Output {
        Output(
            try FileDescriptor.open(
                FilePath(path(name)), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]), name: "'\(path(name))'")
    }

    private func write(_ text: String, to name: String) throws {
        let file = try output(name)
        try file.write(text)
        try file.finish()
    }

    // MARK: documents

    private func writeDocuments(_ counts: inout Counts) throws {
        if target == .ciff { return try writeIndex(&counts) }
        let file = try output(target.documentFile)
        try snapshot.forEachDocument { document in
            if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; nothing was written") }
            let components = components(of: document.content, &counts)
            counts.documents += 1
            counts.nonzeros += components.count
            for line in lines(of: document, components) { try file.write(line.text + "\n") }
            return true
        }
        try file.finish()
    }

    /// A component of a document: the term's name and number.
    private struct Component {
        let name: String
        let number: Int
        let weight: Float
    }

    private func components(of content: SparseContent?, _ counts: inout Counts) -> [Component] {
        let components: [Component] =
            switch content {
            case .terms(let terms):
                terms.map { term in
                    Component(name: term.term, number: counts.terms[term.term] ?? 0, weight: term.weight)
                }
            case .vector(let vector):
                zip(vector.terms, vector.weights).map { Component(name: "\($0)", number: Int($0), weight: $1) }
            case nil: []
            }
        for component in components {
            counts.largest = max(counts.largest, component.weight)
            if target.feature(component.name) != component.name { counts.changedFeatures += 1 }
        }
        return components
    }

    private func lines(of document: Document, _ components: [Component]) -> [JSONValue] {
        var fields = DocumentJSON.payload(document.payload, field: "content")
        if !document.tags.isEmpty { fields.append(("tags", .array(document.tags.map { .string($0) }))) }
        if !document.attributes.isEmpty {
            fields.append(("attributes", DocumentJSON.attributes(document.attributes)))
        }
        let id = ("id", JSONValue.string(document.id))
        let features = JSONValue.object(components.map { (target.feature($0.name), .float($0.weight)) })
        switch target {
        case .milvus:
            let sorted = components.sorted { $0.number < $1.number }
            return [.object([id, ("vector", .object(sorted.map { ("\($0.number)", .float($0.weight)) }))] + fields)]
        case .qdrant:
            let sorted = components.sorted { $0.number < $1.number }
            return [
                .object([
                    ("id", .string(PointID.uuid(of: document.id))),
                    (
                        "vector",
                        .object([
                            ("indices", .array(sorted.map { .integer($0.number) })),
                            ("values", .array(sorted.map { .float($0.weight) })),
                        ])
                    ),
                    ("payload", .object([id] + fields)),
                ])
            ]
        case .opensearch, .elasticsearch:
            return [
                .object([("index", .object([("_id", .string(document.id))]))]),
                .object([id, ("vector", features)] + fields),
            ]
        case .vespa:
            return [
                .object([
                    ("put", .string("id:sparse:doc::\(document.id)")),
                    ("fields", .object([id, ("vector", .object([("cells", features)]))] + fields)),
                ])
            ]
        case .ciff: return []
        }
    }

    private func writeVocabulary(_ terms: [String: Int]) throws {
        let file = try output("vocabulary.jsonl")
        for (term, number) in terms.sorted(by: { $0.value < $1.value }) {
            try file.write(JSONValue.object([("number", .integer(number)), ("term", .string(term))]).text + "\n")
        }
        try file.finish()
    }

    /// Inverts the documents into posting lists. This takes 8 bytes of memory for each component, plus the ids.
    private func writeIndex(_ counts: inout Counts) throws {
        var lists: [String: [(document: UInt32, weight: Float)]] = [:]
        var documents: [(id: String, length: Float)] = []
        try snapshot.forEachDocument { document in
            if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; nothing was written") }
            let components = components(of: document.content, &counts)
            let number = UInt32(documents.count)
            for component in components { lists[component.name, default: []].append((number, component.weight)) }
            documents.append((document.id, components.reduce(0) { $0 + $1.weight }))
            counts.documents += 1
            counts.nonzeros += components.count
            return true
        }
        let file = try output(target.documentFile)
        let scale = scale(counts)
        let writer = CIFFWriter(scale: scale) { try file.write(bytes: $0) }
        try writer.write(
            header: "SparseStore, weights times \(scale), rounded", lists: lists, documents: documents)
        try file.finish()
    }

    /// The factor that turns weights into integers; 1 if they are integers.
    private func scale(_ counts: Counts) -> Float {
        if case .bm25? = snapshot.encoder?.scoring { return 1 }
        // The largest weight gets 16 bits. Integers of that size and their products are exact in any engine's floats.
        return counts.largest > 0 ? (65_535 / counts.largest) : 1
    }

    // MARK: queries

    /// Makes queries that resemble the documents, from the heaviest terms of evenly spaced documents.
    private func sampleQueries() throws -> [(id: String, query: Query)] {
        let step = max(1, snapshot.count / queryCount)
        var queries: [(id: String, query: Query)] = []
        var place = 0
        try snapshot.forEachDocument { document in
            guard let content = document.content else { return true }
            defer { place += 1 }
            guard place % step == 0, queries.count < queryCount else { return queries.count < queryCount }
            let query: Query =
                switch content {
                case .terms(let terms):
                    Query(terms: Array(terms.sorted { $0.weight > $1.weight }.prefix(Self.queryTerms)))
                case .vector(let vector):
                    Query(
                        numbers: Dictionary(
                            uniqueKeysWithValues: zip(vector.terms, vector.weights).sorted { $0.1 > $1.1 }
                                .prefix(Self.queryTerms).map { ($0.0, $0.1) }))
                }
            queries.append(("q\(queries.count)", query))
            return true
        }
        return queries
    }

    /// Writes the queries in the target's form, and their exact answers. Returns the number of queries.
    private func writeQueries(_ queries: [(id: String, query: Query)], _ terms: [String: Int]) throws -> Int {
        var options = SearchOptions(limit: depth, recall: .exact)
        if case .bm25? = snapshot.encoder?.scoring { options.weighting = .corpusIDF }
        let file = try output("queries.jsonl")
        let truth = try TRECRunWriter(path: path("truth.trec"), tag: "exact")
        for (id, query) in queries {
            let components: [Component] =
                switch query.content {
                case .terms(let list):
                    list.map { Component(name: $0.term, number: terms[$0.term] ?? 0, weight: $0.weight) }
                case .vector(let vector):
                    zip(vector.terms, vector.weights).map { Component(name: "\($0)", number: Int($0), weight: $1) }
                case .numbers(let numbers):
                    numbers.map { Component(name: "\($0.key)", number: Int($0.key), weight: $0.value) }
                }
            let sorted = components.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
            let vector = JSONValue.object(
                sorted.map { (target.hasTermNumbers ? "\($0.number)" : target.feature($0.name), .float($0.weight)) })
            try file.write(JSONValue.object([("id", .string(id)), ("vector", vector)]).text + "\n")
            let hits = try snapshot.search(query, options: options)
            try truth.write(query: id, hits.map { ScoredDocument(id: $0.id, score: $0.score) })
        }
        try truth.finish()
        try file.finish()
        return queries.count
    }

    // MARK: manifest

    private func manifest(_ counts: Counts, queries: Int) -> JSONValue {
        let isBM25 = if case .bm25? = snapshot.encoder?.scoring { true } else { false }
        var changes = target.changes
        if counts.changedFeatures == 0 { changes.removeAll { $0.hasPrefix("a dot in a term") } }
        var fields: [(String, JSONValue)] = [
            ("target", .string(target.rawValue)),
            ("generation", .integer(Int(clamping: snapshot.generation))),
            ("documents", .integer(counts.documents)),
            ("nonzeros", .integer(counts.nonzeros)),
            ("vocabulary", .integer(counts.terms.count)),
            ("terms", .string(counts.terms.isEmpty ? "numbers" : "strings")),
            ("weighting", .string(isBM25 ? "bm25 with live statistics" : "none: inner products of the stored weights")),
            ("encoder", .optional(snapshot.encoder) { .string($0.description) }),
            ("document_file", .string(target.documentFile)),
            (
                "truth",
                .object([
                    ("file", .string("truth.trec")), ("queries", .string("queries.jsonl")),
                    ("count", .integer(queries)),
                    ("depth", .integer(depth)),
                ])
            ),
            ("changes", .array(changes.map { .string($0) })),
        ]
        if target == .ciff { fields.append(("scale", .float(scale(counts)))) }
        return .object(fields)
    }
}

/// Identifiers of points, which must be UUIDs in Qdrant.
enum PointID {
    /// A UUID of version 8 (RFC 9562) made from two hashes of the identifier's bytes.
    static func uuid(of id: String) -> String {
        let bytes = Array(id.utf8)
        let high = XXH64.hash(bytes, seed: 1) & ~0xF000 | 0x8000
        let low = XXH64.hash(bytes, seed: 2) & ~(3 << 62) | 2 << 62
        return StoreUUID(high: high, low: low).description
    }
}
