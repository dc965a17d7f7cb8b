internal import LMDB
internal import Logging
internal import Platform
public import SparseFormat

/// A consistent view of a store as of one commit. All reads through a snapshot see the same documents.
///
/// Get a snapshot from `Store/read(_:)`. A snapshot stays valid after its closure returns, but the store cannot reuse
/// the pages of its commit while it exists. Do not hold it longer than necessary.
public final class Snapshot: Sendable {
    let view: ReadView
    let state: SnapshotState
    let source: SnapshotSource
    let cancellation: Cancellation?

    init(
        _ transaction: consuming LMDBReadTransaction, state: SnapshotState, source: SnapshotSource,
        cancellation: Cancellation?
    ) {
        view = ReadView(
            transaction, tables: source.file.tables, index: state.index,
            registration: source.open.add(generation: state.manifest.generation))
        self.state = state
        self.source = source
        self.cancellation = cancellation
    }

    var manifest: ManifestRecord { state.manifest }
    var index: CommitIndex { view.index }
    var multivectorSettings: MultivectorSettings? { state.multivectors }

    /// The kind of the store's terms.
    package var termSpace: TermSpace { state.manifest.termSpace }

    /// The number of the commit. Each commit's number is one more than that of the previous commit.
    public var generation: UInt64 { state.manifest.generation }
    /// The number of documents in the store.
    public var count: Int { Int(state.manifest.documents) }

    /// The encoder that made the store's vectors; nil if it has not been set.
    public var encoder: EncoderDescription? { state.encoder?.description }

    /// Returns the document with an identifier, or nil if there is none.
    ///
    /// - Parameters:
    ///   - id: The identifier.
    ///   - includingMultivector: Whether to read the token vectors too, which are large. If false,
    ///     ``Document/multivector`` is nil, and writing the returned document back would drop them.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap {
            try view.read { reader in
                guard let number = try reader.ids.number(of: id) else {
                    return nil
                }
                let view = try reader.documents.existing(number)
                var document = try documentAssembler(reader).document(view)
                if includingMultivector { document.multivector = try multivectors(reader).multivector(number) }
                return document
            }
        }
    }

    /// Returns whether the store has a document with an identifier.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap {
            try view.read { try $0.ids.number(of: id) != nil }
        }
    }

    /// Calls `body` with every document, in the order in which they were written, until it returns false.
    ///
    /// - Parameters:
    ///   - includingMultivector: Whether to read the token vectors too, which are large. If false,
    ///     ``Document/multivector`` is nil.
    ///   - body: A closure that receives a document and returns false to stop.
    /// - Throws: `corrupted`, also when the number of documents found differs from ``count``; and the errors of `body`.
    public func forEachDocument(
        includingMultivector: Bool = false, _ body: (Document) throws -> Bool
    ) throws {
        try forEachDocument(from: 0, includingMultivector: includingMultivector) { document, _ in try body(document) }
    }

    /// The same from a document number on; `body` also gets the number of each document.
    func forEachDocument(
        from first: UInt64, includingMultivector: Bool, _ body: (Document, UInt64) throws -> Bool
    ) throws {
        var next = first
        var seen = 0
        var goesOn = true
        // The caller's closure runs outside the lock that guards the transaction, one batch at a time.
        while goesOn {
            let batch: [(document: Document, number: UInt64)] = try SparseStoreError.wrap {
                try view.read { reader in
                    let documents = documentAssembler(reader)
                    let tokens = multivectors(reader)
                    var components = 0
                    var batch: [(document: Document, number: UInt64)] = []
                    try reader.documents.forEach(from: next) { number, view in
                        guard number < manifest.nextDocument else { throw otherCount() }
                        var document = try documents.document(view)
                        if includingMultivector {
                            document.multivector = try tokens.multivector(number)
                            components += document.multivector?.components.count ?? 0
                        }
                        batch.append((document, number))
                        next = number + 1
                        return batch.count < 256 && components < 1 << 22
                    }
                    return batch
                }
            }
            if batch.isEmpty {
                guard first > 0 || seen == count else { throw otherCount() }
                return
            }
            seen += batch.count
            for (document, number) in batch where goesOn { goesOn = try body(document, number) }
        }
    }

    private func otherCount() -> SparseStoreError {
        SparseStoreError(
            .corrupted, problem: "the number of readable documents differs from the recorded number, \(count)",
            remedy: "run 'repair' to keep what can be read")
    }

    /// Returns the bytes that a writer stored under a name, or nil if there are none. See
    /// ``WriteTransaction/setBookmark(_:to:)``.
    public func bookmark(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap {
            try view.read { try $0.meta.bookmark(name) }
        }
    }

    /// Returns the number of a string term, or nil if no document has ever had it.
    public func termID(named name: String) throws(SparseStoreError) -> TermID? {
        try SparseStoreError.wrap {
            try view.read { reader in
                let table = reader.vocabulary
                return try source.vocabulary.resolve([name], termCount: state.manifest.nextTerm, table)[0]
            }
        }
    }

    /// Returns the string of a term number, or nil in a store whose terms are numbers.
    public func termName(_ term: TermID) throws(SparseStoreError) -> String? {
        try SparseStoreError.wrap {
            try view.read { try $0.vocabulary.name(of: term) }
        }
    }

    /// Returns the number of documents that have a term.
    public func documentFrequency(of term: TermID) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap {
            try view.read { reader in
                let table = reader.statistics
                let pending = try table.pendingChanges(state.manifest)[term, default: 0]
                return try table.frequency(table.foldedFrequencies(of: [term])[0], pending, manifest)
            }
        }
    }

    /// Calls `body` with each term that a document has, in ascending order, and the number of documents that have it.
    public func forEachTerm(_ body: (TermID, Int) throws -> Void) throws {
        var frequencies: [(TermID, Int)] = []
        try SparseStoreError.wrap {
            try view.read { reader in
                try reader.statistics
                    .forEach(manifest) { frequencies.append(($0, Int($1))) }
            }
        }
        // The caller's closure runs outside the lock that guards the transaction.
        for (term, frequency) in frequencies { try body(term, frequency) }
    }

    /// The bytes of segments that the manifest does not name: those staged by a merge, and those retired by a merge
    /// that keep their space for reuse.
    func unnamedBytes() throws -> (staged: Int, retired: Int) {
        try view.read { reader in
            let meta = reader.meta
            let segments = reader.segments
            func bytes(_ ids: [UInt32]) throws -> Int { try ids.reduce(0) { try $0 + segments.bytes(of: $1) } }
            return (try bytes(meta.merge()?.staged ?? []), try bytes(meta.retired()))
        }
    }

    func documentAssembler(_ reader: StoreReader) -> DocumentAssembler {
        DocumentAssembler(reader: reader, termSpace: state.manifest.termSpace)
    }
}

/// The state shared by all snapshots of one commit: its manifest and its open segments.
///
/// Its pointers are valid while a read transaction of the same number is held. The state itself holds none, so an idle
/// store does not keep pages from being reused.
final class SnapshotState: Sendable {
    /// The number of the LMDB transaction that made the commit.
    let transactionID: UInt64
    /// The memory map that the pointers refer to.
    let mapEpoch: UInt64
    let manifest: ManifestRecord
    let index: CommitIndex
    let encoder: EncoderRecord?
    /// The scoring of counts as of the commit; nil if documents are scored by their weights.
    let scoring: BM25Function?
    let planner: Planner
    let filters = FilterCache()
    /// Nil if the store has never had a multivector.
    let multivectors: MultivectorSettings?
    let schema: AttributeSchema

    /// - Parameter memory: The bytes that the system's page cache can hold of the store; nil if unknown.
    init(
        transactionID: UInt64, mapEpoch: UInt64, manifest: ManifestRecord, index: CommitIndex,
        encoder: EncoderRecord?, tuning: TuningRecord?, multivectors: MultivectorSettings?, schema: AttributeSchema,
        memory: () -> Int?
    ) {
        self.schema = schema
        self.transactionID = transactionID
        self.mapEpoch = mapEpoch
        self.manifest = manifest
        self.index = index
        self.encoder = encoder
        scoring = encoder?.scoring(documents: manifest.documents)
        self.multivectors = multivectors
        let documents = index.members.reduce(0) { $0 + $1.segment.documentCount }
        planner = Planner(
            tuning: tuning, documents: documents, hasBlocks: index.blocks != nil,
            costs: DiskCosts(tuning, index, memory: memory))
    }
}

/// Caches the documents that the last few filters allow, for one commit. Looking up the identifiers of a filter costs
/// about a microsecond each, and searches often share a filter.
final class FilterCache: Sendable {
    /// The number of cached filters. Each may hold a large set of identifiers, and 8 KiB for each full window.
    private static let capacity = 4

    private let known = Lock<[(filter: Filter, schema: AttributeSchemaRecord, allowed: [AllowedDocuments])]>([])

    /// Returns the documents that `filter` allows in each window. Calls `resolve` when they are not cached.
    ///
    /// - Parameter schema: The attributes that the filter is resolved with. Those of a set of shards may change while
    ///   the commit of this shard stays.
    func allowed(
        _ filter: Filter, _ schema: AttributeSchemaRecord, _ resolve: (Filter) throws -> [AllowedDocuments]
    ) rethrows -> [AllowedDocuments] {
        let found = known.withLock { known -> [AllowedDocuments]? in
            guard let place = known.firstIndex(where: { $0.filter == filter && $0.schema == schema }) else {
                return nil
            }
            let entry = known.remove(at: place)
            known.append(entry)
            return entry.allowed
        }
        if let found { return found }
        let allowed = try resolve(filter)
        known.withLock { known in
            if known.count >= Self.capacity { known.removeFirst() }
            known.append((filter, schema, allowed))
        }
        return allowed
    }
}
