internal import LMDB
internal import Logging
public import SparseFormat

/// One consistent state of a store, as of one commit. Several reads through one snapshot see the same documents.
///
/// Get one from `Store/read(_:)`. Kept longer than its closure it stays right, and keeps the pages of its commit
/// from being used again: keep it short.
public final class Snapshot: Sendable {
    private let transaction: ReadTransaction
    let state: SnapshotState
    let source: SnapshotSource
    // A read transaction is used by one thread at a time; a snapshot may be shared.
    private let gate = Lock(())

    let cancellation: Cancellation?
    private let openID: UInt64

    init(
        _ transaction: consuming ReadTransaction, _ state: SnapshotState, _ source: SnapshotSource,
        _ cancellation: Cancellation?
    ) {
        self.transaction = transaction
        self.state = state
        self.source = source
        self.cancellation = cancellation
        openID = source.open.add(generation: state.manifest.generation)
    }

    deinit { source.open.remove(openID) }

    var tables: Tables { source.tables }

    /// Reads tables; the bytes they return are valid while the snapshot lives. `body` must not call this again.
    func withReader<R>(_ body: (Reader) throws -> R) throws -> R {
        try gate.withLock { _ in try body(transaction.reader) }
    }

    var manifest: ManifestRecord { state.manifest }
    var index: IndexView {
        var index = state.index
        index.documents = self
        return index
    }
    var multivectorSettings: MultivectorSettings? { state.multivectors }

    /// What the store's terms are.
    package var termSpace: TermSpace { state.manifest.termSpace }

    /// The number of the commit; each commit has one more than the last.
    public var generation: UInt64 { state.manifest.generation }
    /// Documents in the store.
    public var count: Int { Int(state.manifest.documents) }

    /// What made the store's vectors; nil where nobody has said.
    public var encoder: EncoderDescription? { state.encoder?.description }

    /// The document with an identifier, nil when there is none.
    /// - Parameters:
    ///   - id: the identifier.
    ///   - includingMultivector: also its token vectors, which are large: without, ``Document/multivector`` is nil, and
    ///     writing such a document again would drop them.
    public func document(_ id: String, includingMultivector: Bool = false) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap {
            try withReader { reader in
                guard let number = try IdentifierTable(tables: tables, reader: reader).number(of: id) else {
                    return nil
                }
                let view = try DocumentTable(tables: tables, reader: reader).existing(number)
                var document = try documentReader(reader).document(view)
                if includingMultivector { document.multivector = try multivectors(reader).multivector(number) }
                return document
            }
        }
    }

    /// Whether there is a document with an identifier.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap {
            try withReader { try IdentifierTable(tables: tables, reader: $0).number(of: id) != nil }
        }
    }

    /// Calls `body` with every document, in the order they were written, until it returns false.
    ///
    /// - Parameters:
    ///   - includingMultivector: also with its token vectors, which are large; without, ``Document/multivector`` is nil.
    ///   - body: gets a document, and returns false to stop.
    /// - Throws: `corrupted`, also when in the end there were more or fewer than ``count``; and what `body` throws.
    public func forEachDocument(
        includingMultivector: Bool = false, _ body: (Document) throws -> Bool
    ) throws {
        var next: UInt64 = 0
        var seen = 0
        var goesOn = true
        // The closure is the caller's: it runs outside the lock that guards the transaction, a batch at a time.
        while goesOn {
            let batch: [Document] = try SparseStoreError.wrap {
                try withReader { reader in
                    let documents = documentReader(reader)
                    let tokens = multivectors(reader)
                    var components = 0
                    var batch: [Document] = []
                    try DocumentTable(tables: tables, reader: reader).forEach(from: next) { number, view in
                        guard number < manifest.nextDocument else { throw otherCount() }
                        var document = try documents.document(view)
                        if includingMultivector {
                            document.multivector = try tokens.multivector(number)
                            components += document.multivector?.components.count ?? 0
                        }
                        batch.append(document)
                        next = number + 1
                        return batch.count < 256 && components < 1 << 22
                    }
                    return batch
                }
            }
            if batch.isEmpty {
                guard seen == count else { throw otherCount() }
                return
            }
            seen += batch.count
            for document in batch where goesOn { goesOn = try body(document) }
        }
    }

    private func otherCount() -> SparseStoreError {
        SparseStoreError(
            .corrupted,
            "the documents that can be read are not the \(count) that were counted; `repair` saves what there is")
    }

    /// Bytes a writer has left under a name, nil when there are none. See ``WriteTransaction/setBookmark(_:_:)``.
    public func bookmark(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap {
            try withReader { try MetaTable(tables: tables, reader: $0).bookmark(name) }
        }
    }

    /// The number of a string term, nil when no document has ever had it.
    public func termID(named name: String) throws(SparseStoreError) -> TermID? {
        try SparseStoreError.wrap {
            try withReader { reader in
                let table = VocabularyTable(tables: tables, reader: reader)
                return try source.vocabulary.resolve([name], termCount: state.manifest.nextTerm, table)[0]
            }
        }
    }

    /// The string of a term number, nil in a store whose terms are numbers.
    public func termName(_ term: TermID) throws(SparseStoreError) -> String? {
        try SparseStoreError.wrap {
            try withReader { try VocabularyTable(tables: tables, reader: $0).name(of: term) }
        }
    }

    /// How many documents have a term.
    public func documentFrequency(of term: TermID) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap {
            try withReader { reader in
                let table = StatisticsTable(tables: tables, reader: reader)
                let pending = try table.pendingChanges(state.manifest)[term, default: 0]
                return try table.frequency(table.foldedFrequencies(of: [term])[0], pending, manifest)
            }
        }
    }

    /// Calls `body` with each term that some document has, ascending, and the number of documents that have it.
    public func forEachTerm(_ body: (TermID, Int) throws -> Void) throws {
        var frequencies: [(TermID, Int)] = []
        try SparseStoreError.wrap {
            try withReader { reader in
                try StatisticsTable(tables: tables, reader: reader)
                    .forEach(manifest) { frequencies.append(($0, Int($1))) }
            }
        }
        // The closure is the caller's: it runs outside the lock that guards the transaction.
        for (term, frequency) in frequencies { try body(term, frequency) }
    }

    /// Bytes of segments that the manifest does not name: those that a merge has staged, and those that were merged away
    /// and keep their room for others.
    func unnamedBytes() throws -> (staged: Int, retired: Int) {
        try withReader { reader in
            let meta = MetaTable(tables: tables, reader: reader)
            let segments = SegmentTable(tables: tables, reader: reader)
            func bytes(_ ids: [UInt32]) throws -> Int { try ids.reduce(0) { try $0 + segments.bytes(of: $1) } }
            return (try bytes(meta.merge()?.staged ?? []), try bytes(meta.retired()))
        }
    }

    func documentReader(_ reader: Reader) -> DocumentReader {
        DocumentReader(tables: tables, reader: reader, termSpace: state.manifest.termSpace)
    }
}
