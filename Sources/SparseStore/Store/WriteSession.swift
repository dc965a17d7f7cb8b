internal import LMDB
internal import SparseFormat

/// The state of one write transaction: the manifest it will commit and the changes of its documents.
///
/// Nothing outside the transaction changes before LMDB has committed, so an aborted session leaves no trace.
struct WriteSession {
    let writer: StoreWriter
    let base: ManifestRecord
    private(set) var manifest: ManifestRecord
    private var index: IndexWriter
    private var frequencies = FrequencyChanges()
    private var vocabulary: VocabularyWriter
    private var multivectors: MultivectorWriter
    private let encoder: DocumentEncoder
    /// Whether records of `meta` other than the manifest were written.
    private var hasRecords = false
    /// Whether the number of the commit was handed out, so that a reader may wait for it.
    private var isPromised = false
    private let baseEncoder: EncoderRecord?
    private(set) var encoderRecord: EncoderRecord?
    private var schema: AttributeSchema
    private var hasNewAttributes = false
    private var hasUpdates = false
    /// Documents of earlier commits whose tags or attributes this transaction has changed.
    private var updated: Set<UInt64> = []
    private let source: SnapshotSource
    /// The error of a write that failed half way. The transaction must not be committed.
    private var failure: SparseStoreError?

    private let cancellation: Cancellation?

    init(
        _ source: SnapshotSource, writer: StoreWriter, configuration: Configuration, cancellation: Cancellation? = nil
    ) throws {
        self.cancellation = cancellation
        self.source = source
        self.writer = writer
        base = try writer.reader.meta.manifest()
        manifest = base
        baseEncoder = try writer.reader.meta.encoder()
        encoderRecord = baseEncoder
        index = IndexWriter(writer: writer, policy: configuration.mergePolicy, manifest: base)
        schema = AttributeSchema(try writer.reader.meta.attributeSchema())
        self.vocabulary = VocabularyWriter(source.vocabulary, termCount: base.nextTerm)
        multivectors = try MultivectorWriter(
            writer, source.codebooks, firstCodec: configuration.multivectorCodec)
        let dictionaries = writer.reader.dictionaries
        let dictionary = base.currentDictionary == 0 ? nil : try dictionaries.dictionary(base.currentDictionary)
        var compression = DocumentCompression.fast
        compression.level = configuration.compressionLevel
        encoder = DocumentEncoder(compression, dictionary: dictionary)
    }

    var meta: MetaTable { writer.reader.meta }
    private var ids: IdentifierTable { writer.reader.ids }
    private var documents: DocumentTable { writer.reader.documents }

    func number(of id: String) throws -> UInt64? { try ids.number(of: id) }

    func document(_ id: String, includingMultivector: Bool) throws -> Document? {
        guard let number = try number(of: id) else { return nil }
        var document = try DocumentAssembler(reader: writer.reader, termSpace: manifest.termSpace)
            .document(documents.existing(number))
        if includingMultivector { document.multivector = try multivectors.multivector(number) }
        return document
    }

    mutating func upsert(_ document: Document) throws {
        // A document without a vector fits both kinds of terms and determines none.
        let space: TermSpace =
            switch document.content {
            case .terms: .strings
            case .vector: .numbers
            case nil: manifest.termSpace
            }
        var length: UInt64 = 0
        try DocumentValidation.naming(document.id) { () throws(SparseStoreError) in
            try DocumentValidation.check(document)
            try checkSpace(space)
            length = try self.length(of: document.content)
            if let multivector = document.multivector { try multivectors.check(multivector) }
            try add(document.attributes)
        }
        try changing { session in
            let vector = try session.vector(document.content)
            session.encoderRecord?.length += length
            if let old = try session.ids.number(of: document.id) { try session.drop(old) }
            let number = session.manifest.nextDocument
            let key = Keys.document(number)
            let value = try session.encoder.encode(
                id: document.id, vector: vector, tags: document.tags, attributes: document.attributes,
                payload: document.payload, key: key)
            try session.writer.put(.documents, key, value, mode: .append)
            try session.writer.putIdentifier(document.id, number: number)
            if let multivector = document.multivector {
                let bytes = try session.multivectors.put(multivector, number: number)
                session.manifest.bytesWritten += UInt64(bytes)
            }
            session.updateScoring()
            try session.index.add(number, document: document, vector: vector, manifest: &session.manifest)
            session.frequencies.add(vector.terms)
            session.manifest.nextDocument += 1
            session.manifest.documents += 1
            session.manifest.nonzeros += UInt64(vector.count)
            session.manifest.bytesWritten += UInt64(value.count)
            session.manifest.termSpace = space
        }
    }

    /// Changes the tags and attributes of a document. Returns false if there is none.
    mutating func update(_ id: String, _ change: (inout DocumentFields) throws -> Void) throws -> Bool {
        guard let number = try number(of: id) else { return false }
        let view = try documents.existing(number)
        let old = DocumentFields(tags: try view.tags(), attributes: try view.attributes())
        var new = old
        try change(&new)
        guard !new.isSame(as: old) else { return true }
        try DocumentValidation.naming(id) { () throws(SparseStoreError) in
            try DocumentValidation.check(tags: new.tags)
            try DocumentValidation.check(attributes: new.attributes)
            try add(new.attributes)
        }
        try changing { session in
            let key = Keys.document(number)
            // The view's bytes move with the next write, so everything is read before it.
            let value = try session.encoder.encode(view, tags: new.tags, attributes: new.attributes, key: key)
            try session.writer.put(.documents, key, value)
            try session.index.change(number, session.manifest)
            session.manifest.bytesWritten += UInt64(value.count)
            session.hasUpdates = true
            if number < session.base.nextDocument { session.updated.insert(number) }
        }
        return true
    }

    mutating func reserve(terms names: [String]) throws {
        guard !names.isEmpty else { return }
        try checkSpace(.strings)
        for name in names { try DocumentValidation.check(term: name) }
        let terms = names.map { WeightedTerm($0, 1) }
        try changing { session in
            _ = try session.vocabulary.numbers(of: terms, session.writer)
            session.manifest.termSpace = .strings
            session.manifest.nextTerm = session.vocabulary.nextTerm
        }
    }

    mutating func remove(_ id: String) throws -> Bool {
        guard let number = try number(of: id) else { return false }
        try changing { session in
            try session.drop(number)
            try session.writer.removeIdentifier(id)
        }
        return true
    }

    /// Removes the documents that a filter matches, including changes of this transaction. Returns their number.
    mutating func remove(where filter: Filter) throws -> Int {
        try filter.check()
        let numbers = try matching(filter)
        for number in numbers {
            try checkCancellation()
            let id = try documents.existing(number).identifier
            _ = try remove(id)
        }
        return numbers.count
    }

    /// Returns the documents that the filter matches.
    private func matching(_ filter: Filter) throws -> [UInt64] {
        let resolved = try FilterResolver(
            reader: writer.reader, schema: schema, termSpace: manifest.termSpace
        ).resolve(filter)
        var numbers = try committed(resolved)
        var rest = try pendingNumbers()[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.rowsAtOnce))
            rest = rest.dropFirst(batch.count)
            try resolved.bitmap(PendingRows(batch, documents)).forEach { numbers.append(batch[$0]) }
        }
        return numbers
    }

    /// Returns the matching documents of the newest commit that this transaction has neither changed nor removed.
    private func committed(_ filter: ResolvedFilter) throws -> [UInt64] {
        // This transaction holds the writer lock, so the newest commit is the one it began from.
        let snapshot = try source.snapshot(cancellation)
        guard snapshot.manifest == base else {
            throw SparseStoreError(
                .internalError, problem: "another commit happened while a transaction held the writer lock")
        }
        var numbers: [UInt64] = []
        for member in snapshot.index.members {
            try filter.allowed(member, snapshot.view).bitmap.forEach { ordinal in
                let number = member.segment.number(of: ordinal)
                if !updated.contains(number), try documents.view(number) != nil { numbers.append(number) }
            }
        }
        return numbers
    }

    /// Returns the documents that this transaction has added or changed and not removed again, in ascending order.
    private func pendingNumbers() throws -> [UInt64] {
        var numbers = try updated.sorted().filter { try documents.view($0) != nil }
        try documents.forEach(from: base.nextDocument) { number, _ in
            numbers.append(number)
            return true
        }
        return numbers
    }

    /// The number of documents that a filter evaluates at once.
    private static let rowsAtOnce = 4_096

    mutating func setBookmark(_ name: String, to bytes: [UInt8]?) throws {
        guard (1...Limits.maximumBookmarkNameBytes).contains(name.utf8.count) else {
            throw SparseStoreError(
                .invalidArgument, problem: "a bookmark name has \(name.utf8.count) bytes",
                remedy: "use 1...\(Limits.maximumBookmarkNameBytes)")
        }
        guard bytes?.count ?? 0 <= Limits.maximumBookmarkBytes else {
            throw SparseStoreError(
                .limitExceeded, problem: "a bookmark is too large",
                remedy: "use at most \(Limits.maximumBookmarkBytes) bytes")
        }
        try changing { session in
            try session.writer.putBookmark(name, bytes)
            session.hasRecords = true
        }
    }

    /// Makes an encoding the one of a store that has never had multivectors.
    mutating func adopt(_ codec: MultivectorCodec, _ codebook: TokenCodebook?, _ dimension: Int) throws {
        try changing { try $0.multivectors.adopt(codec, codebook, dimension: dimension) }
    }

    /// Changes the codec of multivectors, or re-encodes stored ones, under a claim. See ``MultivectorWriter``.
    ///
    /// - Throws: `Claim.Lost` if the claim no longer holds. The transaction must then not be committed.
    mutating func changeMultivectors<R>(
        under claim: Claim, _ body: (inout MultivectorWriter) throws -> R
    ) throws -> R {
        try claim.renew(writer)
        hasRecords = true
        return try body(&multivectors)
    }

    /// Releases a claim.
    mutating func end(_ claim: Claim) throws {
        try claim.end(writer)
        hasRecords = true
    }

    /// Returns the number of the commit. The transaction then commits even if nothing has changed.
    mutating func promiseGeneration() -> UInt64 {
        isPromised = true
        return base.generation + 1
    }

    /// Writes everything that was buffered. Returns false if the transaction has changed nothing.
    mutating func finish() throws -> Bool {
        if let failure { throw failure }
        try checkCancellation()
        guard
            manifest != base || encoderRecord != baseEncoder || hasRecords || hasUpdates || multivectors.hasChanged
                || isPromised
        else { return false }
        updateScoring()
        try index.finish(&manifest)
        if let encoderRecord, encoderRecord != baseEncoder {
            try writer.put(encoderRecord)
        }
        try writer.commitFrequencies(frequencies.ascending(), &manifest)
        try multivectors.finish()
        if hasNewAttributes { try writer.put(schema.record) }
        manifest.nextTerm = vocabulary.nextTerm
        try DictionaryTrainer(writer: writer).trainIfDue(from: base, &manifest)
        manifest.generation += 1
        try writer.put(manifest)
        // Writing the buffered data may have taken a while.
        try checkCancellation()
        return true
    }

    /// - Throws: `cancelled` if the task that awaits this write was canceled.
    func checkCancellation() throws(SparseStoreError) { try cancellation?.check() }

    /// Makes new terms visible to the rest of the process. Call it after LMDB has committed.
    func publish() { vocabulary.publish() }

    /// Runs a change of several writes. If it fails half way, the session can no longer be committed.
    private mutating func changing(_ body: (inout WriteSession) throws -> Void) throws {
        if let failure { throw failure }
        do {
            try SparseStoreError.wrap { try body(&self) }
        } catch {
            failure = error
            throw error
        }
    }

    /// Stores the encoder of the vectors. Does nothing if it is already stored.
    mutating func setEncoder(_ encoder: EncoderDescription) throws {
        var record = try EncoderRecord(encoder)
        if let encoderRecord, encoderRecord.description.agrees(with: encoder) { return }
        guard manifest.documents == 0 || encoderRecord == nil && record.bm25 == nil else {
            guard let encoderRecord else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "BM25 must be set before the first document, but this store has "
                        + "documents",
                    remedy: "use a new store")
            }
            throw encoderRecord.description.mismatch(encoder)
        }
        // Counts for an earlier encoder, whose documents are all gone, do not apply.
        record.length = 0
        try changing { $0.encoderRecord = record }
    }

    /// Returns the sum of a document's term counts if the store scores by BM25; otherwise 0.
    ///
    /// - Throws: `invalidVector` for weights that are not counts.
    private func length(of content: SparseContent?) throws(SparseStoreError) -> UInt64 {
        guard encoderRecord?.bm25 != nil else { return 0 }
        let weights =
            switch content {
            case .terms(let terms): terms.map(\.weight)
            case .vector(let vector): vector.weights
            case nil: [Float]()
            }
        var length: Float = 0
        for weight in weights {
            length += weight
            guard weight.rounded(.towardZero) == weight, length < BM25Function.maximumLength else {
                throw SparseStoreError(
                    .invalidVector,
                    problem: "this store uses BM25, so the weights of a document must be whole "
                        + "numbers whose sum is less than \(Int(BM25Function.maximumLength))",
                    remedy: "use the counts of its terms")
            }
        }
        return UInt64(length)
    }

    private mutating func uncount(_ length: Float) throws {
        guard let record = encoderRecord, record.bm25 != nil else { return }
        guard length >= 0, length <= BM25Function.maximumLength, record.length >= UInt64(length) else {
            throw SparseStoreError.corrupted("the store has more terms than its manifest says")
        }
        encoderRecord?.length -= UInt64(length)
    }

    /// Makes new windows compute impacts with the current average document length.
    private mutating func updateScoring() {
        index.scoring = encoderRecord?.scoring(documents: manifest.documents)
    }

    /// Records the attributes of a document that is about to be written.
    private mutating func add(_ attributes: [String: AttributeValue]) throws(SparseStoreError) {
        if try schema.add(attributes) { hasNewAttributes = true }
    }

    private func checkSpace(_ space: TermSpace) throws(SparseStoreError) {
        guard manifest.termSpace != .undecided, manifest.termSpace != space else { return }
        let (kept, given) = space == .numbers ? ("strings", "numbers") : ("numbers", "strings")
        throw SparseStoreError(
            .termSpaceMismatch, problem: "this store's terms are \(kept), but those of the document are \(given)",
            remedy: "use another store")
    }

    private mutating func vector(_ content: SparseContent?) throws -> SparseVector {
        switch content {
        case nil: return .empty
        case .vector(let vector): return vector
        case .terms(let terms):
            let ids = try vocabulary.numbers(of: terms, writer)
            return try SparseVector(terms: ids, weights: terms.map(\.weight))
        }
    }

    /// Removes a stored document's row and its share of the counts.
    private mutating func drop(_ number: UInt64) throws {
        let view = try documents.existing(number)
        var count: UInt64 = 0
        var length: Float = 0
        try view.forEachComponent { term, weight in
            frequencies.remove(term)
            count += 1
            length += weight
        }
        try uncount(length)
        try index.remove(number, &manifest)
        _ = try writer.delete(.documents, number)
        try multivectors.remove(number: number)
        guard manifest.documents >= 1, manifest.nonzeros >= count else {
            throw SparseStoreError.corrupted("the store has more documents than its manifest says")
        }
        manifest.documents -= 1
        manifest.nonzeros -= count
    }
}
