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

    private let cancellation: Cancellation?
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

    /// The best documents by inner product, or by BM25 where the store's ``encoder`` says so.
    ///
    /// - Throws: `invalidArgument` for a limit outside its range, `invalidVector` for bad weights or duplicate terms,
    ///   `termSpaceMismatch`, `limitExceeded` for a query or a filter beyond its limits, `deadlineExceeded`, `corrupted`.
    public func search(_ query: Query, options: SearchOptions = SearchOptions()) throws(SparseStoreError)
        -> SearchResult
    {
        try SparseStoreError.wrap {
            try Self.validate(options)
            let start = ContinuousClock.now
            let result = try source.scratch.withScratch { scratch in try run(query, options, scratch) }
            source.report(result, since: start)
            return result
        }
    }

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
    /// - Parameter includingMultivector: also with its token vectors, which are large; without, ``Document/multivector``
    ///   is nil.
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

    private func documentReader(_ reader: Reader) -> DocumentReader {
        DocumentReader(tables: tables, reader: reader, termSpace: state.manifest.termSpace)
    }

    static func validate(_ options: SearchOptions) throws {
        guard (1...Limits.maximumResults).contains(options.limit) else {
            throw SparseStoreError(
                .invalidArgument, "the limit is \(options.limit); ask for 1...\(Limits.maximumResults) hits")
        }
        if case .target(let share) = options.recall, !(0...1).contains(share) {
            throw SparseStoreError(.invalidArgument, "the recall target is \(share); it is a share from 0 to 1")
        }
        if case .plainSeismic(let cut, let heapFactor) = options.recall, cut < 1 || !(0...1).contains(heapFactor) {
            throw SparseStoreError(
                .invalidArgument,
                "plain Seismic was asked for with a cut of \(cut) and a heap factor of \(heapFactor); the cut is 1 or more "
                    + "lists, the factor 0 to 1")
        }
        if let minimum = options.minimumScore, !minimum.isFinite {
            throw SparseStoreError(.invalidArgument, "the minimum score is \(minimum); it must be finite")
        }
        try options.filter?.check()
    }

    /// When a search of this snapshot has to stop.
    func budget(_ options: SearchOptions) -> SearchBudget {
        SearchBudget(deadline: options.deadline, cancellation: cancellation)
    }

    private func run(_ query: Query, _ options: SearchOptions, _ scratch: ScanScratch) throws -> SearchResult {
        let query = try resolve(query, options.weighting)
        var counters = SearchCounters()
        let (found, plan) = try find(query, options, allowed: options.filter.map(allowed), scratch, &counters)
        let hits = try found.map { item in
            let contributions = options.contributions ? try self.contributions(item.place, query, scratch) : []
            return Hit(id: item.id, score: item.score, contributions: contributions)
        }
        return SearchResult(hits: hits, generation: generation, plan: plan, counters: counters)
    }

    /// The best documents for a resolved query.
    func find(
        _ query: ResolvedQuery, _ options: SearchOptions, allowed: [AllowedDocuments]?, _ scratch: ScanScratch,
        _ counters: inout SearchCounters
    ) throws -> (hits: [WindowSearch.Scored], plan: SearchPlan) {
        let damage = state.index.blocksDamage
        if case .plainSeismic = options.recall {
            if let damage {
                throw SparseStoreError(
                    .corrupted,
                    "plain Seismic was asked for, and the block index is damaged: \(damage.sentence); build it again")
            }
            guard state.index.blocks != nil else {
                throw SparseStoreError(
                    .invalidArgument, "plain Seismic was asked for, and the store has no block index; build one first")
            }
        }
        let share = allowed.map { Double($0.reduce(0) { $0 + $1.count }) / Double(max(1, state.planner.documents)) }
        let choice = state.planner.choose(options.recall, limit: options.limit, share: share ?? 1, without: damage)
        let search = WindowSearch(
            index: index, query: query, limit: options.limit, minimumScore: options.minimumScore,
            effort: choice.effort, allowed: allowed, budget: budget(options))
        let before = counters
        do {
            return try search.run(choice.description, scratch, &counters)
        } catch let damage as BlockDamage {
            counters = before
            noteDamage(damage)
            return try find(query, options, allowed: allowed, scratch, &counters)
        }
    }

    /// Lets no later search use the block index.
    func noteDamage(_ damage: BlockDamage) {
        state.index.blocks?.index.damage = damage
        source.logger.error("the block index is damaged; searches do without it", metadata: damage.metadata)
    }

    /// What a filter leaves of each window.
    func allowed(_ filter: Filter) throws -> [AllowedDocuments] {
        try state.filters.allowed(filter) { filter in
            let filter = try withReader { try FilterResolver(tables: tables, reader: $0).resolve(filter) }
            return try state.index.members.map(filter.allowed)
        }
    }

    func resolve(_ query: Query, _ weighting: Weighting) throws -> ResolvedQuery {
        try withReader { reader in
            try QueryResolver(tables: tables, reader: reader, manifest: manifest, vocabulary: source.vocabulary)
                .resolve(query, weighting)
        }
    }

    func contributions(
        _ place: DocumentPlace, _ query: ResolvedQuery, _ scratch: ScanScratch
    ) throws -> [TermContribution] {
        let segment = state.index.members[place.member].segment
        let scorer = DocumentScorer(segment, query, state.index.scoring, scratch)
        defer { scorer.finish() }
        let parts = try scorer.contributions(index.vector(of: place))
        return try withReader { reader in
            let vocabulary = VocabularyTable(tables: tables, reader: reader)
            return try parts.map { part in
                let name = manifest.termSpace == .strings ? try vocabulary.name(of: part.term) : nil
                return TermContribution(
                    term: name ?? String(part.term), queryWeight: part.query, documentWeight: part.document)
            }
        }
    }
}
