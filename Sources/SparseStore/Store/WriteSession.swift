internal import LMDB
internal import SparseFormat

/// What one write transaction knows: the manifest it will commit and what its documents change.
///
/// Nothing outside the transaction is touched before LMDB has committed: an aborted session leaves no trace.
struct WriteSession {
    let tables: Tables
    let writer: Writer
    let base: ManifestRecord
    private(set) var manifest: ManifestRecord
    private var index: IndexWriter
    private var frequencies = FrequencyChanges()
    private var vocabulary: VocabularyWriter
    private var multivectors: MultivectorWriter
    private let encoder: DocumentEncoder
    /// Records of `meta` beside the manifest were written.
    private var hasRecords = false
    /// Somebody knows the number that the commit will have, and may wait for it.
    private var isPromised = false
    /// A write failed half way: nothing of this transaction may be committed.
    private var failure: SparseStoreError?

    private let cancellation: Cancellation?

    init(
        _ source: SnapshotSource, writer: Writer, configuration: Configuration, cancellation: Cancellation? = nil
    ) throws {
        self.cancellation = cancellation
        let tables = source.tables
        self.tables = tables
        self.writer = writer
        base = try MetaTable(tables: tables, reader: writer.reader).manifest()
        manifest = base
        index = IndexWriter(tables: tables, writer: writer, policy: configuration.mergePolicy, manifest: base)
        self.vocabulary = VocabularyWriter(source.vocabulary, termCount: base.nextTerm)
        multivectors = try MultivectorWriter(
            MultivectorTable(tables: tables, reader: writer.reader, codebooks: source.codebooks), writer,
            firstCodec: configuration.multivectorCodec)
        let dictionaries = DictionaryTable(tables: tables, reader: writer.reader)
        let dictionary = base.currentDictionary == 0 ? nil : try dictionaries.dictionary(base.currentDictionary)
        var compression = DocumentCompression.fast
        compression.level = configuration.compressionLevel
        encoder = DocumentEncoder(compression, dictionary: dictionary)
    }

    var meta: MetaTable { MetaTable(tables: tables, reader: writer.reader) }
    private var ids: IdentifierTable { IdentifierTable(tables: tables, reader: writer.reader) }
    private var documents: DocumentTable { DocumentTable(tables: tables, reader: writer.reader) }

    func number(of id: String) throws -> UInt64? { try ids.number(of: id) }

    func document(_ id: String, includingMultivector: Bool) throws -> Document? {
        guard let number = try number(of: id) else { return nil }
        var document = try DocumentReader(tables: tables, reader: writer.reader, termSpace: manifest.termSpace)
            .document(documents.existing(number))
        if includingMultivector { document.multivector = try multivectors.multivector(number) }
        return document
    }

    mutating func upsert(_ document: Document) throws {
        try DocumentValidation.check(document)
        let space: TermSpace = if case .terms = document.content { .strings } else { .numbers }
        try checkSpace(space)
        if let multivector = document.multivector { try multivectors.check(multivector) }
        try changing { session in
            let vector = try session.vector(document.content)
            if let old = try session.ids.number(of: document.id) { try session.drop(old) }
            let number = session.manifest.nextDocument
            let key = Keys.document(number)
            let value = try session.encoder.encode(
                id: document.id, vector: vector, tags: document.tags, payload: document.payload, key: key)
            try session.writer.put(session.tables.documents, key, value, mode: .append)
            try IdentifierTable.put(document.id, number: number, session.tables, session.writer)
            if let multivector = document.multivector {
                let bytes = try session.multivectors.put(multivector, number: number)
                session.manifest.bytesWritten += UInt64(bytes)
            }
            try session.index.add(number, document.id, vector, tags: document.tags, &session.manifest)
            session.frequencies.add(vector.terms)
            session.manifest.nextDocument += 1
            session.manifest.documents += 1
            session.manifest.nonzeros += UInt64(vector.count)
            session.manifest.bytesWritten += UInt64(value.count)
            session.manifest.termSpace = space
        }
    }

    mutating func remove(_ id: String) throws -> Bool {
        guard let number = try number(of: id) else { return false }
        try changing { session in
            try session.drop(number)
            try IdentifierTable.remove(id, session.tables, session.writer)
        }
        return true
    }

    mutating func setBookmark(_ name: String, _ bytes: [UInt8]?) throws {
        guard (1...Limits.maximumBookmarkNameBytes).contains(name.utf8.count) else {
            throw SparseStoreError(
                .invalidArgument,
                "a bookmark's name has 1...\(Limits.maximumBookmarkNameBytes) bytes, not \(name.utf8.count)")
        }
        guard bytes?.count ?? 0 <= Limits.maximumBookmarkBytes else {
            throw SparseStoreError(
                .limitExceeded, "a bookmark holds at most \(Limits.maximumBookmarkBytes) bytes")
        }
        try changing { session in
            try MetaTable.putBookmark(name, bytes, session.tables, session.writer)
            session.hasRecords = true
        }
    }

    /// Changes the codec of multivectors, or encodes stored ones anew, under a claim; see ``MultivectorWriter``.
    ///
    /// - Throws: `Claim.Lost` unless the claim still stands; then nothing of the transaction may be committed.
    mutating func changeMultivectors<R>(
        under claim: Claim, _ body: (inout MultivectorWriter) throws -> R
    ) throws -> R {
        try claim.renew(tables, writer)
        hasRecords = true
        return try body(&multivectors)
    }

    /// Gives a claim back.
    mutating func end(_ claim: Claim) throws {
        try claim.end(tables, writer)
        hasRecords = true
    }

    /// The number of the commit, which from now on is made even when nothing has changed.
    mutating func promiseGeneration() -> UInt64 {
        isPromised = true
        return base.generation + 1
    }

    /// Writes everything that was held back. False when the transaction has changed nothing.
    mutating func finish() throws -> Bool {
        if let failure { throw failure }
        try checkCancellation()
        guard manifest != base || hasRecords || multivectors.hasChanged || isPromised else { return false }
        try index.finish(&manifest)
        try StatisticsTable(tables: tables, reader: writer.reader).commit(frequencies.ascending(), &manifest, writer)
        try multivectors.finish()
        manifest.nextTerm = vocabulary.nextTerm
        try DictionaryTrainer(tables: tables, writer: writer).trainIfDue(from: base, &manifest)
        manifest.generation += 1
        try MetaTable.put(manifest, tables, writer)
        // What was held back may have taken a while.
        try checkCancellation()
        return true
    }

    /// - Throws: `cancelled` when the task that waits for this write was cancelled.
    func checkCancellation() throws(SparseStoreError) { try cancellation?.check() }

    /// After LMDB has committed: lets the rest of the process see the new terms.
    func publish() { vocabulary.publish() }

    /// Runs a change of several writes; when it fails half way the session can't be committed any more.
    private mutating func changing(_ body: (inout WriteSession) throws -> Void) throws {
        if let failure { throw failure }
        do {
            try SparseStoreError.wrap { try body(&self) }
        } catch {
            failure = error
            throw error
        }
    }

    private func checkSpace(_ space: TermSpace) throws {
        guard manifest.termSpace != .undecided, manifest.termSpace != space else { return }
        let (kept, given) = space == .numbers ? ("strings", "numbers") : ("numbers", "strings")
        throw SparseStoreError(
            .termSpaceMismatch, "this store's terms are \(kept) and the document's are \(given); use another store")
    }

    private mutating func vector(_ content: SparseContent) throws -> SparseVector {
        switch content {
        case .vector(let vector): return vector
        case .terms(let terms):
            let ids = try vocabulary.numbers(of: terms, tables, writer)
            return try SparseVector(terms: ids, weights: terms.map(\.weight))
        }
    }

    /// Undoes what a stored document has added to the counts, and its row.
    private mutating func drop(_ number: UInt64) throws {
        let view = try documents.existing(number)
        var count: UInt64 = 0
        try view.forEachComponent { term, _ in
            frequencies.remove(term)
            count += 1
        }
        try index.remove(number, &manifest)
        _ = try writer.delete(tables.documents, number)
        try multivectors.remove(number: number)
        guard manifest.documents >= 1, manifest.nonzeros >= count else {
            throw SparseStoreError(
                .corrupted, "the store has more documents than were counted; restore it from a backup")
        }
        manifest.documents -= 1
        manifest.nonzeros -= count
    }
}
