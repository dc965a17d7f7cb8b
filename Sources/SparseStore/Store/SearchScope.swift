internal import LMDB
internal import Platform
internal import SparseFormat

/// The data that a search covers: one snapshot, or the snapshots of several shards, which answer as one.
///
/// Each part is searched by itself, one after the other, and has to reach what the parts before it have found: one
/// threshold holds for all. Whatever a score depends on beside query and document (frequencies, counts, the average
/// length, the order in which products are added up) is that of all parts together, so the answer is that of one store
/// with all documents.
struct SearchScope: Sendable {
    let parts: [SearchPart]
    /// The terms and statistics that queries are resolved against.
    let corpus: any QueryCorpus
    /// The attributes of all parts.
    let schema: AttributeSchema
    /// The identity of the store or set of shards that cursors belong to.
    let identity: StoreUUID
    let generation: UInt64
    /// The errors of parts that could not answer; nil if an error ends the search.
    var failures: PartFailures?

    /// The scope of one snapshot.
    init(_ snapshot: Snapshot) {
        parts = [SearchPart(snapshot: snapshot, scoring: snapshot.state.scoring)]
        corpus = snapshot
        schema = snapshot.state.schema
        identity = snapshot.source.uuid
        generation = snapshot.generation
    }

    init(
        _ parts: [SearchPart], corpus: any QueryCorpus, schema: AttributeSchema, identity: StoreUUID,
        failures: PartFailures
    ) {
        self.parts = parts
        self.corpus = corpus
        self.schema = schema
        self.identity = identity
        self.failures = failures
        generation = parts.reduce(0) { $0 + $1.snapshot.generation }
    }

    /// Returns the result of a search without later stages.
    func search(_ query: Query, _ options: SearchOptions) throws -> SearchResult {
        try options.check()
        let request = try request(query, options)
        var counters = SearchCounters()
        let (found, plan) = try page(request, &counters)
        let shown = Groups.slice(
            found, from: options.offset, count: options.limit, isGrouped: request.grouping != nil)
        var result = SearchResult(
            hits: try hits(shown.documents.map(RankedDocument.init), request, request.query),
            generation: generation, plan: plan, counters: counters)
        if options.countsMatches { result.matches = try matches(request) }
        result.page = request.page(isFull: shown.isFull)
        result.failures = failures?.all ?? [:]
        return result
    }

    /// The answer of a search of several stages.
    func search(_ query: Query, _ options: SearchOptions, _ stages: [SearchStage]) throws -> SearchResult {
        try options.check()
        var search = try StagedSearch(self, query, options, stages: stages)
        try search.run()
        return try search.result()
    }

    /// When a search has to stop.
    func budget(_ options: SearchOptions) -> SearchBudget {
        SearchBudget(deadline: options.deadline, cancellation: parts.first?.snapshot.cancellation)
    }

    /// Does something with one part; nil, and noted, when the part fails where the others can answer without it.
    func attempt<R>(_ part: Int, _ body: (SearchPart) throws -> R) throws -> R? {
        guard let failures else { return try body(parts[part]) }
        return try failures.attempt(part) { try body(parts[part]) }
    }

    /// The same with every part that has not failed.
    func forEachPart(_ body: (Int, SearchPart) throws -> Void) throws {
        for part in parts.indices { _ = try attempt(part) { try body(part, $0) } }
    }
}

/// The errors of the parts of one search that could not answer.
final class PartFailures: Sendable {
    private let failures: Lock<[Int: PartFailure]>

    init(_ failures: [Int: SparseStoreError]) {
        self.failures = Lock(failures.mapValues(PartFailure.init))
    }

    var all: [Int: PartFailure] { failures.withLock { $0 } }

    /// Runs `body` unless the part has failed. What is wrong with the part is noted, what is wrong with the question
    /// thrown.
    func attempt<R>(_ part: Int, _ body: () throws -> R) throws -> R? {
        guard all[part] == nil else { return nil }
        do {
            return try SparseStoreError.translate(body)
        } catch let error as SparseStoreError where error.isOfStore {
            failures.withLock { $0[part] = PartFailure(error: error) }
            return nil
        }
    }
}

extension SparseStoreError {
    /// Whether it is about the store, so that others may still answer; otherwise it is about what was asked.
    var isOfStore: Bool {
        switch code {
        case .corrupted, .io, .closed, .needsReopen, .forkedProcess, .incompatibleFormat, .notAStore, .readersFull,
            .permissionDenied, .networkFilesystem, .busy, .alreadyOpen, .outOfMemory, .internalError:
            true
        default: false
        }
    }
}

/// A search as a scope sees it.
struct SearchRequest {
    /// The documents that the search may find in one part.
    struct Part {
        /// The documents that the filter allows in each window; nil allows all live documents.
        let allowed: [AllowedDocuments]?
        let groups: DocumentGroups?
    }

    let question: Question
    let query: ResolvedQuery
    /// Nil for a part that has failed.
    let parts: [Part?]
    /// The start of the requested page.
    let start: PageStart
    let store: StoreUUID

    var options: SearchOptions { question.options }
    var grouping: Grouping? { options.grouping }
    /// The number of hits, or groups, to skip or to return after the previous page.
    var wanted: Int { options.offset + options.limit }
    /// The number of hits, or groups, up to the end of the page.
    var depth: Int { start.depth + wanted }

    /// The error for a page that is too deep for one search.
    static let isTooDeep = SparseStoreError(
        .limitExceeded,
        problem: "the page ends after hit \(Limits.maximumResults), the last hit that this search can return",
        remedy: "narrow the filter, or page through exact searches with cursors")

    /// The page that is answered with.
    func page(isFull: Bool) -> Page {
        Page(store: store, question: question, depth: start.depth + options.offset, isFull: isFull)
    }

    /// Whether the filter lets a live document through.
    func isAllowed(_ place: RankedPlace) -> Bool {
        parts[place.part]?.allowed?[place.place.window].bitmap.contains(place.place.ordinal) ?? true
    }

    /// Returns the group of a document; nil without a grouping, and for a document without a value.
    func group(of place: RankedPlace) -> GroupValue? { parts[place.part]?.groups?.value(of: place.place) }
}

extension SearchScope {
    func request(_ query: Query, _ options: SearchOptions, stages: [String] = []) throws -> SearchRequest {
        let question = Question(query: query, options: options, stages: stages)
        let start = try question.start(in: identity)
        guard options.offset + options.limit <= Limits.maximumResults else { throw SearchRequest.isTooDeep }
        let resolved = try QueryResolver(corpus: corpus).resolve(query, options.weighting)
        let filter = Self.filter(of: query, options)
        let allowed = try parts.indices.map { part in
            try attempt(part) { part in
                SearchRequest.Part(
                    allowed: try filter.map { try part.snapshot.allowed($0, schema) },
                    groups: try options.grouping.map { try part.snapshot.groups($0, schema) })
            }
        }
        return SearchRequest(question: question, query: resolved, parts: allowed, start: start, store: identity)
    }

    private static func filter(of query: Query, _ options: SearchOptions) -> Filter? {
        guard let examples = query.examples else { return options.filter }
        return options.filter.map { $0 && !examples } ?? !examples
    }

    /// Returns the number of matching documents.
    func matches(_ request: SearchRequest) throws -> Int {
        var count = 0
        try forEachPart { number, part in
            guard let asked = try self.request(request, request.query, of: number, limit: 1) else { return }
            count += try part.matches(asked)
        }
        return count
    }

    /// Returns the request to one part; nil for a part that has failed.
    private func request(
        _ request: SearchRequest, _ query: ResolvedQuery, of part: Int, limit: Int, hasMinimumScore: Bool = true
    ) throws -> SearchPart.Request? {
        guard let asked = request.parts[part] else { return nil }
        return SearchPart.Request(
            query: try corpus.query(query, in: part), limit: limit, recall: request.options.recall,
            minimumScore: hasMinimumScore ? request.options.minimumScore : nil, allowed: asked.allowed,
            groups: asked.groups, budget: budget(request.options))
    }

    /// Finds up to the wanted number of documents after the previous page.
    private func page(
        _ request: SearchRequest, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        guard let last = request.start.last else {
            return try find(request, request.query, limit: request.wanted, &counters)
        }
        // An exact search can start at a rank. A planned search would look for the page among the documents whose sums
        // are near that rank, and miss most of it, so it has to find the earlier pages too. A grouped search has to
        // know the groups of earlier pages, because a later page must not repeat them.
        var limit = request.depth
        if request.grouping == nil {
            let isExact = try limit > Limits.maximumResults || isExact(request, limit: limit)
            if isExact { return try find(request, request.query, limit: request.wanted, after: last, &counters) }
        }
        guard limit <= Limits.maximumResults else { throw SearchRequest.isTooDeep }
        while true {
            let (found, plan) = try find(request, request.query, limit: limit, &counters)
            let groups = Groups.split(found, isGrouped: request.grouping != nil)
            let rest = groups.drop { group in group.first.map { !HitRank.precedes(last, $0.rank) } ?? true }
            // Documents written since the previous page may rank before its end.
            guard rest.count < request.wanted, groups.count == limit, limit < Limits.maximumResults else {
                return (rest.flatMap(\.self), plan)
            }
            limit = min(Limits.maximumResults, 2 * limit - request.start.depth - rest.count)
        }
    }

    /// Whether every part is searched exactly.
    private func isExact(_ request: SearchRequest, limit: Int) throws -> Bool {
        var isExact = true
        try forEachPart { number, part in
            guard let asked = try self.request(request, request.query, of: number, limit: limit) else { return }
            if try part.plan(asked).effort != nil { isExact = false }
        }
        return isExact
    }

    /// Finds the best documents or groups.
    ///
    /// - Parameters:
    ///   - query: The query of the request, or the one that feedback has derived from it.
    ///   - hasMinimumScore: Whether the request's minimum score applies.
    ///   - after: The rank behind which documents are found; nil for all. Only for an exact search without groups.
    func find(
        _ request: SearchRequest, _ query: ResolvedQuery, limit: Int, hasMinimumScore: Bool = true,
        after: HitRank? = nil, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        var plans: [SearchPlan] = []
        var best: [FoundDocument] = []
        var costs = counters
        try forEachPart { number, part in
            guard
                var asked = try self.request(
                    request, query, of: number, limit: limit, hasMinimumScore: hasMinimumScore)
            else { return }
            if let after {
                asked.after = after
                asked.recall = .exact
            }
            // Several parts first agree on the groups that lead.
            if parts.count > 1 { asked.groups = asked.groups?.keeping(1) }
            if best.count == limit, let reached = best.last?.score {
                asked.minimumScore = max(reached, asked.minimumScore ?? reached)
            }
            var (found, plan) = try part.find(asked, &costs)
            plans.append(plan)
            guard parts.count > 1 else { return best = found }
            for index in found.indices { found[index].part = number }
            best = Self.leading(best + found, limit: limit)
        }
        if parts.count > 1, let grouping = request.grouping, grouping.best > 1 {
            best = try filled(
                best, request: request, query: query, best: grouping.best, hasMinimumScore: hasMinimumScore,
                counters: &costs)
        }
        counters = costs
        return (best, SearchPlan.joined(plans))
    }

    /// The best of some documents, one of each group.
    private static func leading(_ documents: [FoundDocument], limit: Int) -> [FoundDocument] {
        var seen = Set<GroupValue>()
        let ranked = documents.sorted(by: FoundDocument.precedes)
        // Not lazily, which would ask some twice.
        let leaders = ranked.filter { $0.group.map { seen.insert($0).inserted } ?? true }
        return Array(leaders.prefix(limit))
    }

    /// The groups of some documents, each with its best documents of all parts.
    private func filled(
        _ leaders: [FoundDocument], request: SearchRequest, query: ResolvedQuery, best: Int,
        hasMinimumScore: Bool, counters: inout SearchCounters
    ) throws -> [FoundDocument] {
        let groups = Set(leaders.compactMap(\.group))
        var byGroup: [GroupValue: [FoundDocument]] = [:]
        var costs = counters
        try forEachPart { number, part in
            guard
                var asked = try self.request(
                    request, query, of: number, limit: max(1, groups.count), hasMinimumScore: hasMinimumScore)
            else { return }
            asked.allowed = part.allowed(asked, in: groups)
            asked.recall = .exact
            for var document in try part.find(asked, &costs).found {
                document.part = number
                if let group = document.group { byGroup[group, default: []].append(document) }
            }
        }
        counters = costs
        return leaders.flatMap { leader in
            guard let group = leader.group, let found = byGroup[group] else { return [leader] }
            return Array(found.sorted(by: FoundDocument.precedes).prefix(best))
        }
    }

    /// Makes hits of the found documents, with the fields that the options request.
    func hits(
        _ documents: some Collection<RankedDocument>, _ request: SearchRequest, _ query: ResolvedQuery
    ) throws -> [Hit] {
        let options = request.options
        let documents = Array(documents)
        var hits = documents.map { document in
            Hit(
                id: document.id, score: document.score, stageScores: document.stageScores,
                group: request.group(of: document.place)?.value)
        }
        guard options.includesContributions || !options.fields.isEmpty else { return hits }
        let positions = Dictionary(grouping: documents.indices) { documents[$0].place.part }
        var read = Set<Int>()
        try forEachPart { number, part in
            let mine = positions[number] ?? []
            if options.includesContributions {
                let query = try corpus.query(query, in: number)
                for index in mine {
                    hits[index].contributions = try part.contributions(documents[index].place.place, query)
                }
            }
            if !options.fields.isEmpty { try part.snapshot.read(options.fields, of: &hits, at: mine) }
            read.insert(number)
        }
        // Hits without their fields would look like documents that have none.
        guard read.count < parts.count else { return hits }
        return hits.indices.filter { read.contains(documents[$0].place.part) }.map { hits[$0] }
    }
}

extension SearchPlan {
    /// How several parts were searched, as one plan: that of the first part that was not searched exactly.
    fileprivate static func joined(_ plans: [SearchPlan]) -> SearchPlan {
        guard let first = plans.first else { return SearchPlan(exactly: "no shard could be searched", isTuned: false) }
        guard plans.count > 1 else { return first }
        let plan = plans.first { !$0.isExact } ?? first
        return plan.amended(isExact: plan.isExact, "\(plans.count) shards; \(plan.reason)")
    }
}
