internal import LMDB
internal import SparseFormat
internal import SystemPackage

/// A snapshot of every shard, read as one store. The commits of different shards are independent of each other.
///
/// Get one from ``ShardedStore/read(_:)``, and keep it short: see ``Snapshot``.
public final class ShardedSnapshot: Sendable {
    /// The shards without a snapshot, with their errors.
    public let missing: [ShardFailure]
    let snapshots: [Snapshot]
    private let scoring: BM25Function?
    private let identity: StoreUUID
    private let schema: AttributeSchema

    init(_ snapshots: [Snapshot], _ missing: [ShardFailure]) throws {
        guard let first = snapshots.first else {
            throw missing.first?.error ?? SparseStoreError(.internalError, problem: "no shards")
        }
        self.snapshots = snapshots
        self.missing = missing
        try Self.checkAgreement(of: snapshots)
        var schema = first.state.schema
        for other in snapshots.dropFirst() { try schema.join(other.state.schema) }
        self.schema = schema
        let encoders = snapshots.compactMap(\.state.encoder)
        var encoder = encoders.first
        encoder?.length = encoders.reduce(0) { $0 + $1.length }
        scoring = encoder?.scoring(documents: snapshots.reduce(0) { $0 + $1.manifest.documents })
        identity = snapshots.count + missing.count == 1 ? first.source.uuid : Self.identity(of: snapshots)
    }

    /// An identifier of the set of shards, independent of their order and commits.
    private static func identity(of snapshots: [Snapshot]) -> StoreUUID {
        var writer = ByteWriter()
        for uuid in snapshots.map(\.source.uuid).sorted(by: { ($0.high, $0.low) < ($1.high, $1.low) }) {
            writer.u64(uuid.high)
            writer.u64(uuid.low)
        }
        return StoreUUID(high: XXH64.hash(writer.bytes, seed: 1), low: XXH64.hash(writer.bytes, seed: 2))
    }

    /// Checks that the shards with documents can answer as one store: they have one kind of terms, one encoder, and one
    /// dimension of token vectors.
    private static func checkAgreement(of snapshots: [Snapshot]) throws(SparseStoreError) {
        let filled = snapshots.filter { $0.count > 0 }
        guard let first = filled.first else { return }
        let path = first.source.file.environment.path
        for other in filled.dropFirst() {
            let pair = "shards '\(path)' and '\(other.source.file.environment.path)' cannot answer as one"
            guard other.termSpace == first.termSpace else {
                throw SparseStoreError(
                    .termSpaceMismatch,
                    problem: "\(pair): the terms of one are strings, and those of the other are "
                        + "numbers",
                    remedy: "search them separately")
            }
            switch (first.encoder, other.encoder) {
            case (nil, nil): break
            case (let a?, let b?) where a.agrees(with: b): break
            case (let a, let b):
                throw SparseStoreError(
                    .encoderMismatch,
                    problem: "\(pair): their vectors come from different encoders "
                        + "(\(a?.name ?? "none") and \(b?.name ?? "none"))",
                    remedy: "fill both stores with the same encoder")
            }
            if let a = first.multivectorSettings, let b = other.multivectorSettings, a.dimension != b.dimension {
                throw SparseStoreError(
                    .dimensionMismatch,
                    problem: "\(pair): their token vectors have \(a.dimension) and "
                        + "\(b.dimension) dimensions",
                    remedy: "search them separately")
            }
        }
    }

    /// The sum of the generations of all shards. Each commit of any shard adds one.
    public var generation: UInt64 { snapshots.reduce(0) { $0 + $1.generation } }
    /// The number of documents in all shards.
    public var count: Int { snapshots.reduce(0) { $0 + $1.count } }
    /// The encoder of the vectors; nil if none was set.
    public var encoder: EncoderDescription? { snapshots.lazy.compactMap(\.encoder).first }
    /// Whether terms are strings or numbers.
    package var termSpace: TermSpace { snapshots.lazy.map(\.termSpace).first { $0 != .undecided } ?? .undecided }

    /// The snapshots that one search reads.
    private func scope() throws(SparseStoreError) -> SearchScope {
        if snapshots.count + missing.count == 1 { return SearchScope(snapshots[0]) }
        let failures = PartFailures([:])
        return SearchScope(
            snapshots.map { SearchPart(snapshot: $0, scoring: scoring) },
            corpus: try ShardTerms(snapshots, schema, failures), schema: schema, identity: identity, failures: failures)
    }

    /// Searches all shards, in several stages. See ``Snapshot/search(_:options:stages:)``.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - options: The options. A cursor is valid for the same shards, in any order.
    ///   - stages: The stages after the first. In a stage, ``Candidate/number`` and term numbers are those of the shard
    ///     of the candidate.
    /// - Throws: The same errors, and ``PartialAnswer`` if a shard could not answer.
    public func search(
        _ query: Query, options: SearchOptions = SearchOptions(), stages: [SearchStage] = []
    ) throws -> SearchResult {
        let result = try SparseStoreError.translate {
            let scope = try scope()
            return try snapshots[0].source.reporting {
                stages.isEmpty ? try scope.search(query, options) : try scope.search(query, options, stages)
            }
        }
        let failures =
            missing
            + result.failures.sorted { $0.key < $1.key }.map { part, failure in
                ShardFailure(path: snapshots[part].source.file.environment.path, error: failure.error)
            }
        guard failures.isEmpty else { throw PartialAnswer(result: result, failures: failures) }
        return result
    }

    /// Runs many queries against all shards on several threads. See ``Snapshot/search(batch:options:threads:)``.
    ///
    /// - Returns: For each query, in order, the result or the error of ``search(_:options:stages:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, any Error>] {
        try SearchBatch.run(queries.count, options: options, threads: threads, cancellation: snapshots[0].cancellation)
        { index in
            Result { try search(queries[index], options: options) }
        }
    }

    /// Returns the document with an identifier, or nil if no shard has it. See
    /// ``Snapshot/document(_:includingMultivector:)``.
    ///
    /// - Throws: The same errors, and ``ShardFailure`` if a shard that could have it is missing.
    public func document(_ id: String, includingMultivector: Bool = false) throws -> Document? {
        for snapshot in snapshots {
            if let document = try snapshot.document(id, includingMultivector: includingMultivector) { return document }
        }
        if let failure = missing.first { throw failure }
        return nil
    }

    /// Returns whether any shard has a document with the given identifier.
    ///
    /// - Throws: ``ShardFailure`` if a shard that could have it is missing.
    public func contains(_ id: String) throws -> Bool {
        for snapshot in snapshots { if try snapshot.contains(id) { return true } }
        if let failure = missing.first { throw failure }
        return false
    }

    /// Calls `body` with every document, shard by shard in the order they were written, until it returns false. See
    /// ``Snapshot/forEachDocument(includingMultivector:_:)``.
    ///
    /// - Throws: The same errors, and ``ShardFailure`` before the first document if a shard is missing.
    public func forEachDocument(
        includingMultivector: Bool = false, _ body: (Document) throws -> Bool
    ) throws {
        if let failure = missing.first { throw failure }
        var goesOn = true
        for snapshot in snapshots where goesOn {
            try snapshot.forEachDocument(includingMultivector: includingMultivector) { document in
                goesOn = try body(document)
                return goesOn
            }
        }
    }

    /// The names and types of all attributes that documents of the shards have had. See ``Snapshot/attributes``.
    public var attributes: [String: AttributeType] { schema.types }

    private var documents: DocumentScope {
        DocumentScope(snapshots: snapshots, schema: schema, identity: identity)
    }

    /// Returns the number of documents that a filter matches. See ``Snapshot/count(where:)``.
    ///
    /// - Throws: The same errors, and ``ShardFailure`` if a shard is missing.
    public func count(where filter: Filter? = nil) throws -> Int {
        if let failure = missing.first { throw failure }
        return try documents.count(where: filter)
    }

    /// Counts the documents for each value of an attribute. See ``Snapshot/facets(_:where:limit:)``.
    ///
    /// - Throws: The same errors, and ``ShardFailure`` if a shard is missing.
    public func facets(_ name: String, where filter: Filter? = nil, limit: Int = 20) throws -> [Facet] {
        if let failure = missing.first { throw failure }
        return try documents.facets(name, where: filter, limit: limit)
    }

    /// Lists the documents that a filter matches, one page at a time. See ``Snapshot/list(where:order:limit:after:)``.
    /// Among equal values, documents of earlier shards come first.
    ///
    /// - Throws: The same errors, and ``ShardFailure`` if a shard is missing.
    public func list(
        where filter: Filter? = nil, order: ListOrder = ListOrder(), limit: Int = 20, after cursor: Cursor? = nil
    ) throws -> DocumentPage {
        if let failure = missing.first { throw failure }
        return try documents.list(where: filter, order: order, limit: limit, after: cursor)
    }

    /// Checks that each identifier is in one shard only.
    ///
    /// - Throws: `corrupted`, with an identifier and two shards that have it, and the errors of reading.
    package func checkIdentifiers() throws {
        for (number, snapshot) in snapshots.enumerated().dropLast() {
            let others = snapshots[(number + 1)...]
            try snapshot.forEachDocument { document in
                for other in others where try other.contains(document.id) {
                    throw SparseStoreError(
                        .corrupted,
                        problem: "the document '\(document.id)' is in "
                            + "'\(snapshot.source.file.environment.path)' and in "
                            + "'\(other.source.file.environment.path)'",
                        remedy: "remove it from one of them")
                }
                return true
            }
        }
    }

    /// Returns the number of distinct terms in the documents of all shards.
    package func termCount() throws -> Int {
        if snapshots.count == 1 {
            var count = 0
            try snapshots[0].forEachTerm { _, _ in count += 1 }
            return count
        }
        var names = Set<TextKey>()
        var numbers = Set<TermID>()
        for snapshot in snapshots {
            try snapshot.forEachTerm { term, _ in
                if let name = try snapshot.termName(term) { names.insert(TextKey(name)) } else { numbers.insert(term) }
            }
        }
        return names.count + numbers.count
    }

    /// Calls `body` with the strings of all numbered terms of the shards, in the order in which one store would number
    /// them.
    package func forEachTermName(_ body: (String) throws -> Void) throws {
        var seen = Set<TextKey>()
        for snapshot in snapshots where snapshot.termSpace == .strings {
            for term in 0..<snapshot.manifest.nextTerm {
                guard let name = try snapshot.termName(term) else { continue }
                if snapshots.count == 1 || seen.insert(TextKey(name)).inserted { try body(name) }
            }
        }
    }
}
