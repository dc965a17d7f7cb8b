import Foundation
import SparseStore

/// The points of all collections, in one store.
struct PointStore: Sendable {
    let store: Store
    let reranker: TextReranker?

    // MARK: collections

    func names() async throws -> [String] {
        try await store.read { try Catalog($0).collections.keys.sorted() }
    }

    func exists(_ name: String) async throws -> Bool {
        try await store.read { try Catalog($0).collections[name] != nil }
    }

    func create(_ name: String, _ body: CollectionBody) async throws {
        try await store.write { transaction in
            var catalog = try Catalog(transaction)
            try catalog.add(name, body)
            try catalog.write(&transaction)
        }
    }

    /// Returns false if there is no such collection.
    func delete(_ name: String) async throws -> Bool {
        try await store.write { transaction in
            var catalog = try Catalog(transaction)
            guard let collection = catalog.collections.removeValue(forKey: name) else { return false }
            try transaction.remove(where: collection.everything)
            try catalog.write(&transaction)
            return true
        }
    }

    func describe(_ name: String) async throws -> CollectionAnswer {
        let (collection, points) = try await store.read { snapshot in
            let collection = try Catalog(snapshot).collection(name)
            return (collection, try snapshot.count(where: collection.everything))
        }
        return CollectionAnswer(
            pointsCount: points, indexedVectorsCount: points, segmentsCount: 1,
            config: CollectionAnswer.Configuration(
                params: CollectionAnswer.Parameters(sparseVectors: collection.vectors), metadata: collection.metadata))
    }

    // MARK: changes

    func upsert(_ points: [PointBody], into name: String) async throws -> UpdateAnswer {
        try await change(name) { collection, transaction in
            for point in points { try transaction.upsert(try collection.document(point)) }
        }
    }

    func delete(_ selector: SelectorBody, from name: String) async throws -> UpdateAnswer {
        let filter = try await filter(selector.filter, of: name)
        return try await change(name) { collection, transaction in
            if let filter { try transaction.remove(where: filter) }
            for id in selector.points ?? [] { try transaction.remove(collection.documentID(id)) }
        }
    }

    /// Changes the payloads of points.
    func changePayloads(
        _ body: PayloadBody, of name: String, _ change: @escaping @Sendable (inout [String: JSON]) throws -> Void
    ) async throws -> UpdateAnswer {
        guard body.key == nil else { throw ServiceFailure.unsupported("changes below a key of the payload") }
        let selected = try await ids(body.points, body.filter, of: name)
        return try await self.change(name) { collection, transaction in
            for id in selected {
                guard var document = try transaction.document(id, includingMultivector: true) else { continue }
                var payload = try document.decodedPayload()
                try change(&payload)
                try collection.set(payload, of: &document)
                try transaction.upsert(document)
            }
        }
    }

    private func change(
        _ name: String, _ body: @escaping @Sendable (CollectionRecord, inout WriteTransaction) throws -> Void
    ) async throws -> UpdateAnswer {
        try await store.write { transaction in
            let collection = try Catalog(transaction).collection(name)
            try body(collection, &transaction)
            return UpdateAnswer(operationID: transaction.generation)
        }
    }

    private func filter(_ body: FilterBody?, of name: String) async throws -> Filter? {
        guard let body else { return nil }
        return try await store.read { snapshot in
            let collection = try Catalog(snapshot).collection(name)
            return collection.everything && body.filter(in: collection, known: Set(snapshot.attributes.keys))
        }
    }

    private func ids(_ points: [PointID]?, _ filter: FilterBody?, of name: String) async throws -> [String] {
        try await store.read { snapshot in
            let collection = try Catalog(snapshot).collection(name)
            var ids = (points ?? []).map(collection.documentID)
            if let filter {
                let filter =
                    collection.everything && filter.filter(in: collection, known: Set(snapshot.attributes.keys))
                var cursor: Cursor?
                repeat {
                    let page = try snapshot.list(where: filter, limit: 1_000, after: cursor)
                    ids += page.documents.map(\.id)
                    cursor = page.cursor
                } while cursor != nil
            }
            return ids
        }
    }

    // MARK: reads

    func retrieve(_ body: RetrieveBody, from name: String) async throws -> [PointAnswer] {
        try await store.read { snapshot in
            let collection = try Catalog(snapshot).collection(name)
            return try body.ids.compactMap { id in
                try snapshot.document(collection.documentID(id)).map {
                    try PointAnswer(
                        $0, in: collection, payload: body.withPayload ?? .all(true),
                        vector: body.withVector ?? .all(false))
                }
            }
        }
    }

    func count(_ body: CountBody, in name: String) async throws -> Int {
        try await store.read { snapshot in
            let view = try CollectionView(snapshot, name)
            return try snapshot.count(where: view.filter(body.filter))
        }
    }

    func facets(_ body: FacetBody, of name: String) async throws -> FacetsAnswer {
        try await store.read { snapshot in
            let view = try CollectionView(snapshot, name)
            let filter = view.filter(body.filter)
            let limit = body.limit ?? 10
            var hits: [FacetsAnswer.Hit] = []
            for kind in [PayloadAttributes.Kind.string, .integer, .boolean] {
                let attribute = PayloadAttributes.name(kind, body.key)
                guard view.known.contains(attribute) else { continue }
                hits += try snapshot.facets(attribute, where: filter, limit: limit).map {
                    FacetsAnswer.Hit(value: JSON($0.value, isBoolean: kind == .boolean), count: $0.count)
                }
            }
            return FacetsAnswer(hits: Array(hits.sorted { $0.count > $1.count }.prefix(limit)))
        }
    }

    /// Points in the order of their ids, numbers first.
    func scroll(_ body: ScrollBody, in name: String) async throws -> ScrollAnswer {
        guard body.orderBy == nil || body.orderBy == .null else { throw ServiceFailure.unsupported("scrolls by a key") }
        return try await store.read { snapshot in
            let view = try CollectionView(snapshot, name)
            let limit = body.limit ?? 10
            var documents: [Document] = []
            for order in [PointID.numberOrder, PointID.uuidOrder] where documents.count <= limit {
                guard view.known.contains(order) else { continue }
                let start = body.offset?.filter(from: order) ?? Attribute(order).exists
                documents += try snapshot.list(
                    where: view.filter(body.filter) && start, order: ListOrder(by: order),
                    limit: limit + 1 - documents.count
                ).documents
            }
            let next = documents.count > limit ? try view.collection.pointID(documents[limit].id) : nil
            let points = try documents.prefix(limit).map {
                try PointAnswer(
                    $0, in: view.collection, payload: body.withPayload ?? .all(true),
                    vector: body.withVector ?? .all(false))
            }
            return ScrollAnswer(points: points, nextPageOffset: next)
        }
    }

    /// The best points for a query.
    func query(_ body: QueryBody, in name: String, isExplained: Bool = false) async throws -> PointsAnswer {
        guard body.prefetch == nil || body.prefetch == .null || body.prefetch == .array([]) else {
            throw ServiceFailure.unsupported("queries with a prefetch")
        }
        guard let question = body.query else {
            let scroll = ScrollBody(
                limit: body.limit, filter: body.filter, withPayload: body.withPayload ?? .all(false),
                withVector: body.withVector)
            return PointsAnswer(
                points: try await self.scroll(scroll, in: name).points.map { point in
                    var point = point
                    point.score = 0
                    return point
                })
        }
        let start = ContinuousClock.now
        let (view, search) = try await store.read { snapshot in
            let view = try CollectionView(snapshot, name)
            return (view, try view.search(question, body, snapshot, isExplained: isExplained))
        }
        guard let search else { return PointsAnswer(points: []) }
        let result: SearchResult
        if let rerank = body.rerank {
            guard let reranker else {
                throw ServiceFailure(
                    status: .badRequest, problem: "the service has no reranker", remedy: "start it with --reranker URL")
            }
            result = try await store.search(
                search.query, options: search.options, candidates: rerank.candidates ?? 50,
                rerankedBy: reranker.model(text: rerank.text, field: rerank.field),
                batches: BatchOptions(
                    size: 32, deadline: .milliseconds(rerank.deadlineMilliseconds ?? 200)))
        } else {
            result = try await store.search(search.query, options: search.options)
        }
        let elapsed = ContinuousClock.now - start
        var answer = PointsAnswer(points: try result.map { try PointAnswer($0, in: view.collection, body, result) })
        answer.fallback = result.fallback.map { "\($0)" }
        answer.storeMilliseconds = isExplained ? elapsed / .milliseconds(1) : nil
        answer.plan = isExplained ? result.plan.reason : nil
        return answer
    }
}

/// A collection in one snapshot.
private struct CollectionView: Sendable {
    let collection: CollectionRecord
    /// The names of the attributes that documents have had.
    let known: Set<String>

    init(_ snapshot: Snapshot, _ name: String) throws {
        collection = try Catalog(snapshot).collection(name)
        known = Set(snapshot.attributes.keys)
    }

    func filter(_ body: FilterBody?) -> Filter {
        guard let body else { return collection.everything }
        return collection.everything && body.filter(in: collection, known: known)
    }

    /// The query and options for the store; nil if nothing can be found.
    func search(
        _ question: QueryBody.Question, _ body: QueryBody, _ snapshot: Snapshot, isExplained: Bool
    ) throws -> (query: Query, options: SearchOptions)? {
        guard let vector = body.using ?? (collection.vectors.count == 1 ? collection.vectors.keys.first : nil) else {
            throw ServiceFailure(
                status: .badRequest, problem: "the collection has \(collection.vectors.count) vectors",
                remedy: "name one with 'using'")
        }
        try collection.check(vector)
        let terms: [WeightedTerm]
        // Other collections and vectors have other terms, so only the filter of the request is needed.
        var filter = body.filter.map { self.filter($0) }
        switch question {
        case .vector(let body): terms = try collection.weightedTerms(vector, body)
        case .point(let id):
            let name = collection.documentID(id)
            guard let document = try snapshot.document(name) else {
                throw ServiceFailure(
                    status: .notFound, problem: "Not found: No point with id \(id.text.dropFirst()) found",
                    remedy: "check the id")
            }
            guard case .terms(let all) = document.content else { return nil }
            terms = all.filter { collection.index(of: $0.term)?.vector == vector }
            filter = (filter ?? .all([])) && !.ids([name])
        }
        guard !terms.isEmpty else { return nil }
        var fields: HitFields = []
        if body.withPayload.map({ !$0.isNothing }) ?? false { fields.insert(.payload) }
        if body.withVector.map({ !$0.isNothing }) ?? false { fields.insert(.vector) }
        let options = SearchOptions(
            limit: body.limit ?? 10, recall: body.params?.exact == false ? .target(0.95) : .exact,
            weighting: collection.vectors[vector]?.modifier == "idf" ? .corpusIDF(over: collection.everything) : .none,
            filter: filter, minimumScore: body.scoreThreshold, fields: fields, offset: body.offset ?? 0,
            includesContributions: isExplained)
        return (Query(terms: terms), options)
    }
}

extension PointID {
    /// Returns a filter for the points from this one on, in one of the two orders.
    fileprivate func filter(from order: String) -> Filter {
        switch self {
        case .number(let number):
            order == Self.numberOrder
                ? Attribute(order) >= .integer(Self.order(of: number)) : Attribute(order).exists
        case .uuid: order == Self.numberOrder ? .any([]) : Attribute(order) >= .string(text)
        }
    }
}

extension Document {
    fileprivate func decodedPayload() throws -> [String: JSON] {
        guard let payload else { return [:] }
        return try JSONDecoder().decode([String: JSON].self, from: Data(payload))
    }
}

extension JSON {
    fileprivate init(_ value: AttributeValue, isBoolean: Bool) {
        self =
            switch value {
            case .integer(let number): isBoolean ? .boolean(number != 0) : .integer(number)
            case .string(let text): .string(text)
            default: .null
            }
    }
}

extension PointAnswer {
    fileprivate init(
        _ document: Document, in collection: CollectionRecord, payload: FieldSelection, vector: FieldSelection
    ) throws {
        id = try collection.pointID(document.id)
        try add(payload: document.payload, payload)
        add(content: document.content, vector, collection)
    }

    fileprivate init(_ hit: Hit, in collection: CollectionRecord, _ body: QueryBody, _ result: SearchResult) throws {
        id = try collection.pointID(hit.id)
        version = result.generation
        score = hit.score
        try add(payload: hit.payload, body.withPayload ?? .all(false))
        if let content = hit.vector { add(content: content, body.withVector ?? .all(false), collection) }
        guard !hit.contributions.isEmpty else { return }
        contributions = hit.contributions.compactMap { part in
            collection.index(of: part.term).map {
                ContributionAnswer(
                    index: $0.index, query: part.queryWeight, document: part.documentWeight, product: part.contribution)
            }
        }
    }

    private mutating func add(payload bytes: [UInt8]?, _ selection: FieldSelection) throws {
        guard !selection.isNothing else { return }
        let all = try bytes.map { try JSONDecoder().decode([String: JSON].self, from: Data($0)) } ?? [:]
        payload =
            switch selection {
            case .all: all
            case .include(let names): all.filter { names.contains($0.key) }
            case .exclude(let names): all.filter { !names.contains($0.key) }
            }
    }

    private mutating func add(content: SparseContent?, _ selection: FieldSelection, _ collection: CollectionRecord) {
        guard !selection.isNothing else { return }
        let terms = if case .terms(let terms) = content { terms } else { [WeightedTerm]() }
        var vectors: [String: [(index: UInt32, value: Float)]] = [:]
        for term in terms {
            guard let (vector, index) = collection.index(of: term.term) else { continue }
            if case .include(let names) = selection, !names.contains(vector) { continue }
            vectors[vector, default: []].append((index, term.weight))
        }
        vector = vectors.mapValues { components in
            let ascending = components.sorted { $0.index < $1.index }
            return SparseVectorBody(indices: ascending.map(\.index), values: ascending.map(\.value))
        }
    }
}
