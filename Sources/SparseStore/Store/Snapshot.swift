internal import LMDB
public import SparseFormat

/// One consistent state of a store, as of one commit. Several reads through one snapshot see the same documents.
///
/// Get one from ``SparseStore/read(_:)``. Kept longer than its closure it stays right, and keeps the pages of its commit
/// from being used again: keep it short.
public final class Snapshot: Sendable {
    private let state: SnapshotState
    private let vocabulary: VocabularyCache
    private let scratch: ScratchPool

    init(_ state: SnapshotState, _ vocabulary: VocabularyCache, _ scratch: ScratchPool) {
        self.state = state
        self.vocabulary = vocabulary
        self.scratch = scratch
    }

    var manifest: ManifestRecord { state.manifest }

    /// The number of the commit; each commit has one more than the last.
    public var generation: UInt64 { state.manifest.generation }
    /// Documents in the store.
    public var count: Int { Int(state.manifest.documents) }

    /// The best documents by inner product.
    ///
    /// - Throws: `invalidArgument` for a limit outside its range, `invalidVector` for bad weights or duplicate terms,
    ///   `termSpaceMismatch`, `limitExceeded`, `corrupted`.
    public func search(_ query: Query, options: SearchOptions = SearchOptions()) throws(SparseStoreError) -> SearchResult {
        try SparseStoreError.wrap {
            try Self.validate(options)
            return try scratch.withScratch { scratch in try run(query, options, scratch) }
        }
    }

    /// The document with an identifier, nil when there is none.
    public func document(_ id: String) throws(SparseStoreError) -> Document? {
        try SparseStoreError.wrap {
            try state.withReader { reader in
                guard let number = try IdentifierTable(tables: state.tables, reader: reader).number(of: id) else {
                    return nil
                }
                let view = try DocumentTable(tables: state.tables, reader: reader).existing(number)
                return try documentReader(reader).document(view)
            }
        }
    }

    /// Whether there is a document with an identifier.
    public func contains(_ id: String) throws(SparseStoreError) -> Bool {
        try SparseStoreError.wrap {
            try state.withReader { try IdentifierTable(tables: state.tables, reader: $0).number(of: id) != nil }
        }
    }

    /// Calls `body` with every document, in the order they were written, until it returns false.
    public func forEachDocument(_ body: (Document) throws -> Bool) throws {
        var next: UInt64 = 0
        var goesOn = true
        // The closure is the caller's: it runs outside the lock that guards the transaction, a batch at a time.
        while goesOn {
            let batch: [Document] = try SparseStoreError.wrap {
                try state.withReader { reader in
                    let documents = documentReader(reader)
                    var batch: [Document] = []
                    try DocumentTable(tables: state.tables, reader: reader).forEach(from: next) { number, view in
                        batch.append(try documents.document(view))
                        next = number + 1
                        return batch.count < 256
                    }
                    return batch
                }
            }
            if batch.isEmpty { return }
            for document in batch where goesOn { goesOn = try body(document) }
        }
    }

    /// Bytes a writer has left under a name, nil when there are none. See ``WriteTransaction/setBookmark(_:_:)``.
    public func bookmark(_ name: String) throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap {
            try state.withReader { try MetaTable(tables: state.tables, reader: $0).bookmark(name) }
        }
    }

    /// The number of a string term, nil when no document has ever had it.
    public func termID(named name: String) throws(SparseStoreError) -> TermID? {
        try SparseStoreError.wrap {
            try state.withReader { reader in
                let table = VocabularyTable(tables: state.tables, reader: reader)
                return try vocabulary.resolve([name], termCount: state.manifest.nextTerm, table)[0]
            }
        }
    }

    /// The string of a term number, nil in a store whose terms are numbers.
    public func termName(_ term: TermID) throws(SparseStoreError) -> String? {
        try SparseStoreError.wrap {
            try state.withReader { try VocabularyTable(tables: state.tables, reader: $0).name(of: term) }
        }
    }

    /// How many documents have a term.
    public func documentFrequency(of term: TermID) throws(SparseStoreError) -> Int {
        try SparseStoreError.wrap {
            try state.withReader { reader in
                let table = StatisticsTable(tables: state.tables, reader: reader)
                let pending = try table.pendingChanges(state.manifest)[term, default: 0]
                return Int(try table.foldedFrequency(of: term) + pending)
            }
        }
    }

    /// Calls `body` with each term that some document has, ascending, and the number of documents that have it.
    public func forEachTerm(_ body: (TermID, Int) throws -> Void) throws(SparseStoreError) {
        try SparseStoreError.wrap {
            try state.withReader { reader in
                try StatisticsTable(tables: state.tables, reader: reader)
                    .forEach(state.manifest) { try body($0, Int($1)) }
            }
        }
    }

    private func documentReader(_ reader: Reader) -> DocumentReader {
        DocumentReader(tables: state.tables, reader: reader, termSpace: state.manifest.termSpace)
    }

    private static func validate(_ options: SearchOptions) throws {
        guard (1...Limits.maximumResults).contains(options.limit) else {
            throw SparseStoreError(
                .invalidArgument, "the limit is \(options.limit); ask for 1...\(Limits.maximumResults) hits")
        }
        if case .target(let share) = options.recall, !(0...1).contains(share) {
            throw SparseStoreError(.invalidArgument, "the recall target is \(share); it is a share from 0 to 1")
        }
        if let minimum = options.minimumScore, !minimum.isFinite {
            throw SparseStoreError(.invalidArgument, "the minimum score is \(minimum); it must be finite")
        }
    }

    private func run(_ query: Query, _ options: SearchOptions, _ scratch: ScanScratch) throws -> SearchResult {
        var counters = SearchCounters()
        let hits = try state.withReader { reader in
            let resolver = QueryResolver(
                tables: state.tables, reader: reader, manifest: state.manifest, vocabulary: vocabulary)
            let resolved = try resolver.resolve(query, options.weighting)
            let documents = DocumentTable(tables: state.tables, reader: reader)
            let search = ExactSearch(
                index: state.index, documents: documents, limit: options.limit, minimumScore: options.minimumScore)
            let scored = try search.run(resolved, scratch, &counters)
            return try scored.map { item in
                let contributions =
                    options.contributions
                    ? try self.contributions(item, resolved, documents, reader, scratch) : []
                return Hit(id: item.id, score: item.score, contributions: contributions)
            }
        }
        return SearchResult(hits: hits, generation: generation, isExact: true, counters: counters)
    }

    private func contributions(
        _ item: ExactSearch.Scored, _ query: ResolvedQuery, _ documents: DocumentTable, _ reader: Reader,
        _ scratch: ScanScratch
    ) throws -> [TermContribution] {
        let scorer = DocumentScorer(query, scratch)
        defer { scorer.finish() }
        let vocabulary = VocabularyTable(tables: state.tables, reader: reader)
        return try scorer.contributions(documents.existing(item.number)).map { part in
            let name = state.manifest.termSpace == .strings ? try vocabulary.name(of: part.term) : nil
            return TermContribution(
                term: name ?? String(part.term), queryWeight: part.query, documentWeight: part.document)
        }
    }
}
