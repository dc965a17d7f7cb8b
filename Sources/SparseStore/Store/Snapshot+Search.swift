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
            try source.reporting {
                try options.check()
                return try source.scratch.withScratch { try answer(request(query, options), $0) }
            }
        }
    }

    /// Returns the point at which a search of this snapshot must stop.
    func budget(_ options: SearchOptions) -> SearchBudget {
        SearchBudget(deadline: options.deadline, cancellation: cancellation)
    }
}

/// A search with its options resolved in one snapshot.
struct SearchRequest {
    let question: Question
    let query: ResolvedQuery
    /// The documents that the filter allows in each window; nil allows all live documents.
    let allowed: [AllowedDocuments]?
    let groups: DocumentGroups?
    /// The start of the requested page.
    let start: PageStart
    let store: StoreUUID

    var options: SearchOptions { question.options }
    /// The number of hits, or groups, to skip or to return after the previous page.
    var wanted: Int { options.offset + options.limit }
    /// The number of hits, or groups, up to the end of the page.
    var depth: Int { start.depth + wanted }

    /// The error for a page that is too deep for one search.
    static let isTooDeep = SparseStoreError(
        .limitExceeded,
        "the page ends behind hit \(Limits.maximumResults), the last that such a search can give; filter the documents, or "
            + "go on with cursors in exact searches")

    /// Returns the page for the result.
    func page(isFull: Bool) -> Page {
        Page(store: store, question: question, depth: start.depth + options.offset, isFull: isFull)
    }
}

extension Snapshot {
    func request(_ query: Query, _ options: SearchOptions, stages: [String] = []) throws -> SearchRequest {
        let question = Question(query: query, options: options, stages: stages)
        let start = try question.start(in: source.uuid)
        guard options.offset + options.limit <= Limits.maximumResults else { throw SearchRequest.isTooDeep }
        return SearchRequest(
            question: question, query: try resolve(query, options.weighting),
            allowed: try filter(of: query, options).map(allowed), groups: try options.grouping.map(groups),
            start: start,
            store: source.uuid)
    }

    private func filter(of query: Query, _ options: SearchOptions) -> Filter? {
        guard let examples = query.examples else { return options.filter }
        return options.filter.map { $0 && !examples } ?? !examples
    }

    /// Returns the result of a search without later stages.
    private func answer(_ request: SearchRequest, _ scratch: ScanScratch) throws -> SearchResult {
        var counters = SearchCounters()
        let (found, plan) = try page(request, scratch, &counters)
        let shown = Groups.slice(
            found, from: request.options.offset, count: request.options.limit, isGrouped: request.groups != nil)
        var result = SearchResult(
            hits: try hits(shown.documents.map(RankedDocument.init), request, request.query, scratch),
            generation: generation, plan: plan, counters: counters)
        if request.options.countsMatches { result.matches = try matches(request, scratch) }
        result.page = request.page(isFull: shown.isFull)
        return result
    }

    /// Returns the number of matching documents.
    func matches(_ request: SearchRequest, _ scratch: ScanScratch) throws -> Int {
        try MatchCount(stage: stage(request, request.query, limit: 1, effort: nil), scratch: scratch).run()
    }

    /// Finds up to the wanted number of documents after the previous page.
    private func page(
        _ request: SearchRequest, _ scratch: ScanScratch, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        guard let last = request.start.last else {
            return try find(request, request.query, limit: request.wanted, scratch, &counters)
        }
        // An exact search can be told where to begin. One that leaves something out would look for the page among documents
        // whose sums lie where it is to be found, and miss most of it: it has to find what comes before, too; and so does
        // one of groups, of which a later page must not have those of an earlier one.
        var limit = request.depth
        var choice = try plan(request, request.query, limit: min(limit, Limits.maximumResults))
        if request.groups == nil, limit > Limits.maximumResults {
            choice = state.planner.choose(.exact, limit: request.wanted)
        }
        if choice.effort == nil, request.groups == nil {
            var first = stage(request, request.query, limit: request.wanted, effort: nil)
            first.after = last
            return try first.run(choice.description, scratch, &counters)
        }
        guard limit <= Limits.maximumResults else { throw SearchRequest.isTooDeep }
        while true {
            let (found, plan) = try find(request, request.query, limit: limit, scratch, &counters)
            let groups = Groups.split(found, isGrouped: request.groups != nil)
            let rest = groups.drop { group in group.first.map { !HitRank.precedes(last, $0.rank) } ?? true }
            // Documents written since the previous page may rank before its end.
            guard rest.count < request.wanted, groups.count == limit, limit < Limits.maximumResults else {
                return (rest.flatMap(\.self), plan)
            }
            limit = min(Limits.maximumResults, 2 * limit - request.start.depth - rest.count)
        }
    }

    /// Plans a search for the given number of documents or groups.
    private func plan(_ request: SearchRequest, _ query: ResolvedQuery, limit: Int) throws -> Planner.Choice {
        let damage = state.index.blocksDamage
        if case .plainSeismic = request.options.recall {
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
        let share = request.allowed.map {
            Double($0.reduce(0) { $0 + $1.count }) / Double(max(1, state.planner.documents))
        }
        return state.planner.choose(
            request.options.recall, limit: limit, share: share ?? 1, without: damage, hasGroups: request.groups != nil,
            hasNegativeWeight: query.hasNegativeWeight)
    }

    private func stage(
        _ request: SearchRequest, _ query: ResolvedQuery, limit: Int, hasMinimumScore: Bool = true, effort: Effort?
    ) -> FirstStage {
        FirstStage(
            index: index, query: query, limit: limit,
            minimumScore: hasMinimumScore ? request.options.minimumScore : nil, effort: effort,
            allowed: request.allowed, budget: budget(request.options), groups: request.groups)
    }

    /// Finds the best documents or groups.
    ///
    /// - Parameters:
    ///   - query: The query of the request, or the one that feedback has derived from it.
    ///   - hasMinimumScore: Whether the request's minimum score applies.
    func find(
        _ request: SearchRequest, _ query: ResolvedQuery, limit: Int, hasMinimumScore: Bool = true,
        _ scratch: ScanScratch, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        let choice = try plan(request, query, limit: limit)
        let before = counters
        do {
            return try stage(request, query, limit: limit, hasMinimumScore: hasMinimumScore, effort: choice.effort)
                .run(choice.description, scratch, &counters)
        } catch let damage as BlockDamage {
            counters = before
            noteDamage(damage)
            return try find(request, query, limit: limit, hasMinimumScore: hasMinimumScore, scratch, &counters)
        }
    }

    /// Disables the block index for later searches.
    func noteDamage(_ damage: BlockDamage) {
        state.index.blocks?.index.damage = damage
        source.logger.error("the block index is damaged; searches do without it", metadata: damage.metadata)
    }

    /// Returns the documents that a filter allows in each window.
    func allowed(_ filter: Filter) throws -> [AllowedDocuments] {
        try state.filters.allowed(filter) { filter in
            let filter = try withReader { reader in
                try FilterResolver(
                    tables: tables, reader: reader, schema: state.schema, termSpace: manifest.termSpace
                ).resolve(filter)
            }
            return try state.index.members.map { try filter.allowed($0, self) }
        }
    }

    /// Returns the group of each document.
    private func groups(_ grouping: Grouping) throws -> DocumentGroups {
        let index = index
        var type: AttributeType?
        if case .attribute(let name) = grouping.key {
            let own = try state.schema.type(of: name.text)
            guard !own.isList else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the attribute '\(name)' is a \(own), and a document is in one group only; group by another attribute"
                )
            }
            type = own
        }
        return DocumentGroups(
            try index.members.indices.map { try index.groups(of: $0, by: grouping.key, type, self) },
            best: grouping.best)
    }

    func resolve(_ query: Query, _ weighting: Weighting) throws -> ResolvedQuery {
        try withResolver(weighting) { try $0.resolve(query, weighting) }
    }

    /// Calls `body` with a resolver of queries. `body` must not read through the snapshot.
    func withResolver<R>(_ weighting: Weighting, _ body: (QueryResolver) throws -> R) throws -> R {
        func resolver(_ reader: Reader, _ counted: CountedDocuments?) -> QueryResolver {
            QueryResolver(
                tables: tables, reader: reader, manifest: manifest, vocabulary: source.vocabulary, counted: counted)
        }
        guard case .filteredIDF(let filter) = weighting else {
            return try withReader { try body(resolver($0, nil)) }
        }
        let allowed = try allowed(filter)
        return try source.scratch.withScratch { scratch in
            let counted = CountedDocuments(index: state.index, allowed: allowed, scratch: scratch)
            return try withReader { try body(resolver($0, counted)) }
        }
    }

    /// Makes hits of the found documents, with the fields that the options request.
    func hits(
        _ documents: some Collection<RankedDocument>, _ request: SearchRequest, _ query: ResolvedQuery,
        _ scratch: ScanScratch
    ) throws -> [Hit] {
        let options = request.options
        var hits = documents.map { document in
            Hit(
                id: document.id, score: document.score, stageScores: document.stageScores,
                group: request.groups?.value(of: document.place)?.value)
        }
        if options.contributions {
            for (index, document) in documents.enumerated() {
                hits[index].contributions = try contributions(document.place, query, scratch)
            }
        }
        if !options.fields.isEmpty { try read(options.fields, of: &hits) }
        return hits
    }

    /// Reads the requested fields of the documents into the hits.
    func read(_ fields: HitFields, of hits: inout [Hit]) throws {
        try withReader { reader in
            let identifiers = IdentifierTable(tables: tables, reader: reader)
            let table = DocumentTable(tables: tables, reader: reader)
            let documents = documentReader(reader)
            for index in hits.indices {
                guard let number = try identifiers.number(of: hits[index].id) else {
                    throw SparseStoreError(
                        .corrupted,
                        "a document is indexed and its identifier is not stored; restore the store from a backup")
                }
                try documents.read(fields, of: table.existing(number), into: &hits[index])
            }
        }
    }

    private func contributions(
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

extension DocumentReader {
    /// Copies fields of a document into its hit.
    fileprivate func read(_ fields: HitFields, of view: DocumentView, into hit: inout Hit) throws {
        if fields.contains(.payload) { hit.payload = try view.payload(decoder) }
        if fields.contains(.tags) { hit.tags = try view.tags() }
        if fields.contains(.attributes) { hit.attributes = try view.attributes() }
        if fields.contains(.vector) { hit.vector = try content(view) }
    }
}
