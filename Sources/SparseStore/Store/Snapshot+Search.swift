internal import LMDB
internal import Logging
internal import SparseFormat

extension Snapshot {
    /// Returns the best documents by inner product, or by BM25 if the store's ``encoder`` uses it.
    ///
    /// - Throws: `invalidArgument` for an option outside its range, `invalidVector` for bad weights or duplicate terms,
    ///   `termSpaceMismatch`, `limitExceeded` for a query or a filter beyond its limits, `invalidCursor` for a cursor
    ///   of another store or search, `notFound` when the document of a query by example does not exist,
    ///   `deadlineExceeded`, `corrupted`.
    public func search(_ query: Query, options: SearchOptions = SearchOptions()) throws(SparseStoreError)
        -> SearchResult
    {
        try SparseStoreError.wrap {
            try source.reporting { try SearchScope(self).search(query, options) }
        }
    }

    /// Disables the block index for later searches.
    func noteDamage(_ damage: BlockDamage) {
        index.blocks?.index.damage = damage
        source.logger.error("the block index is damaged; searches will not use it", metadata: damage.metadata)
    }

    /// Returns the documents that a filter allows in each window.
    ///
    /// - Parameter schema: The attributes of all snapshots that are searched together.
    func allowed(_ filter: Filter, _ schema: AttributeSchema) throws -> [AllowedDocuments] {
        try state.filters.allowed(filter, schema.record) { filter in
            let filter = try view.read { reader in
                try FilterResolver(
                    reader: reader, schema: schema, termSpace: manifest.termSpace
                ).resolve(filter)
            }
            return try index.members.map { try filter.allowed($0, view) }
        }
    }

    /// Returns the group of each document.
    ///
    /// - Parameter schema: The attributes of all snapshots that are searched together.
    func groups(_ grouping: Grouping, _ schema: AttributeSchema) throws -> DocumentGroups {
        var type: AttributeType?
        if case .attribute(let name) = grouping.key {
            let own = try schema.type(of: name.text)
            guard !own.isList else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the attribute '\(name)' is a \(own), and a document is in one group "
                        + "only",
                    remedy: "group by another attribute")
            }
            type = own
        }
        return DocumentGroups(
            try index.members.indices.map { try view.groups(of: $0, by: grouping.key, type) },
            best: grouping.best)
    }

    func resolve(_ query: Query, _ weighting: Weighting) throws -> ResolvedQuery {
        try QueryResolver(corpus: self).resolve(query, weighting)
    }

    /// Reads what some hits are to bring of their documents.
    func read(_ fields: HitFields, of hits: inout [Hit], at positions: [Int]) throws {
        try view.read { reader in
            let identifiers = reader.ids
            let table = reader.documents
            let documents = documentAssembler(reader)
            for index in positions {
                guard let number = try identifiers.number(of: hits[index].id) else {
                    throw SparseStoreError.corrupted("an indexed document has no stored identifier")
                }
                try documents.read(fields, of: table.existing(number), into: &hits[index])
            }
        }
    }
}

extension DocumentAssembler {
    /// Copies fields of a document into its hit.
    fileprivate func read(_ fields: HitFields, of view: DocumentView, into hit: inout Hit) throws {
        if fields.contains(.payload) { hit.payload = try view.payload(decoder) }
        if fields.contains(.tags) { hit.tags = try view.tags() }
        if fields.contains(.attributes) { hit.attributes = try view.attributes() }
        if fields.contains(.vector) { hit.vector = try content(view) }
    }
}

extension Snapshot {
    /// Runs many queries against this commit on several threads.
    ///
    /// - Parameters:
    ///   - queries: The queries, any number of them.
    ///   - options: The options of each search. A deadline applies to the whole batch.
    ///   - threads: The number of threads, including the calling one, at most one per processor; nil uses one per
    ///     processor. If the system cannot start more threads, the existing ones do all the work.
    /// - Returns: For each query, in order, the result or the error of ``search(_:options:)``. An error in one query
    ///   does not affect the others.
    /// - Throws: `invalidArgument` for options or threads outside their ranges, `limitExceeded` for a filter beyond its
    ///   limits, `cancelled`.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SearchBatch.run(queries.count, options: options, threads: threads, cancellation: cancellation) { index in
            Result { () throws(SparseStoreError) in try search(queries[index], options: options) }
        }
    }
}

/// Many searches, carried out by several threads.
enum SearchBatch {
    /// Runs `search` for each position, and gives what it returned, in their order.
    ///
    /// - Throws: `invalidArgument` for options or threads outside their ranges, `cancelled`.
    static func run<Answer: Sendable>(
        _ count: Int, options: SearchOptions, threads: Int?, cancellation: Cancellation?,
        _ search: @Sendable (Int) -> Answer
    ) throws(SparseStoreError) -> [Answer] {
        guard threads ?? 1 >= 1 else {
            throw SparseStoreError(
                .invalidArgument, problem: "the number of threads is \(threads ?? 1)",
                remedy: "use 1 or more")
        }
        try options.check()
        let answers = WorkerThread.map(
            count, onUpTo: min(threads ?? count, WorkerThread.processors),
            isStopped: { cancellation?.isRaised == true }, search)
        try cancellation?.check()
        return answers
    }
}

extension Store {
    /// Runs many queries against the newest commit on several threads. See
    /// ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try SparseStoreError.wrap { try source.snapshot() }
            .search(batch: queries, options: options, threads: threads)
    }

    /// Runs many queries against the newest commit on several threads, without blocking the task. Canceling the task
    /// ends all searches. See ``Snapshot/search(batch:options:threads:)``.
    public func search(
        batch queries: [Query], options: SearchOptions = SearchOptions(), threads: Int? = nil
    ) async throws(SparseStoreError) -> [Result<SearchResult, SparseStoreError>] {
        try await AsyncHop.wrap { [self] in
            try source.snapshot($0).search(batch: queries, options: options, threads: threads)
        }
    }
}
