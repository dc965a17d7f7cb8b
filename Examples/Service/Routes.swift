import Foundation
import Hummingbird
import SparseStore

/// The context of a request.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The maximum number of bytes of a body. A batch of points can be large.
    var maxUploadSize: Int { 64 << 20 }

    init(source: ApplicationRequestContextSource) { coreContext = CoreRequestContextStorage(source: source) }

    /// Returns a part of the path, percent-decoded.
    func name(_ parameter: String) throws -> String {
        let text = try parameters.require(parameter)
        return text.removingPercentEncoding ?? text
    }
}

extension Response {
    /// Returns a response in JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let body = ByteBuffer(bytes: try encoder.encode(value))
        return Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    fileprivate static func text(_ text: String, _ type: String) -> Response {
        Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension Router where Context == ServiceContext {
    /// Adds a route whose result is in Qdrant's envelope.
    fileprivate func route<Result: Encodable & Sendable>(
        _ method: HTTPRequest.Method, _ path: RouterPath,
        _ body: @escaping @Sendable (Request, ServiceContext) async throws -> Result
    ) {
        on(path, method: method) { request, context in
            let start = ContinuousClock.now
            let result = try await body(request, context)
            return try Response.json(Answer(result: result, time: (ContinuousClock.now - start) / .seconds(1)))
        }
    }
}

extension Router where Context == ServiceContext {
    /// The supported part of Qdrant's API; see openapi.json.
    func addPoints(_ points: PointStore) {
        route(.get, "/collections") { _, _ in
            CollectionsAnswer(collections: try await points.names().map(CollectionsAnswer.Name.init))
        }
        route(.get, "/collections/:collection/exists") { _, context in
            ["exists": try await points.exists(context.name("collection"))]
        }
        route(.get, "/collections/:collection") { _, context in
            try await points.describe(context.name("collection"))
        }
        route(.put, "/collections/:collection") { request, context in
            let body = try await request.decode(as: CollectionBody.self, context: context)
            try await points.create(context.name("collection"), body)
            return true
        }
        route(.delete, "/collections/:collection") { _, context in
            try await points.delete(context.name("collection"))
        }
        // Filters work with every key of a payload, so there is nothing to do.
        route(.put, "/collections/:collection/index") { _, _ in UpdateAnswer(operationID: 0) }
        route(.delete, "/collections/:collection/index/:field") { _, _ in UpdateAnswer(operationID: 0) }
        addChanges(points)
        addReads(points)
    }

    private func addChanges(_ points: PointStore) {
        route(.put, "/collections/:collection/points") { request, context in
            let body = try await request.decode(as: UpsertBody.self, context: context)
            return try await points.upsert(body.all, into: context.name("collection"))
        }
        route(.post, "/collections/:collection/points/delete") { request, context in
            let body = try await request.decode(as: SelectorBody.self, context: context)
            return try await points.delete(body, from: context.name("collection"))
        }
        func payload(
            _ method: HTTPRequest.Method, _ path: RouterPath,
            _ change: @escaping @Sendable (PayloadBody, inout [String: JSON]) throws -> Void
        ) {
            route(method, path) { request, context in
                let body = try await request.decode(as: PayloadBody.self, context: context)
                return try await points.changePayloads(body, of: context.name("collection")) { try change(body, &$0) }
            }
        }
        payload(.post, "/collections/:collection/points/payload") { body, payload in
            payload.merge(body.payload ?? [:]) { $1 }
        }
        payload(.put, "/collections/:collection/points/payload") { body, payload in payload = body.payload ?? [:] }
        payload(.post, "/collections/:collection/points/payload/delete") { body, payload in
            for key in body.keys ?? [] { payload[key] = nil }
        }
        payload(.post, "/collections/:collection/points/payload/clear") { _, payload in payload = [:] }
    }

    private func addReads(_ points: PointStore) {
        route(.post, "/collections/:collection/points") { request, context in
            let body = try await request.decode(as: RetrieveBody.self, context: context)
            return try await points.retrieve(body, from: context.name("collection"))
        }
        route(.get, "/collections/:collection/points/:id") { _, context in
            let name = try context.name("id")
            guard let id = PointID(path: name),
                let point = try await points.retrieve(
                    RetrieveBody(ids: [id], withVector: .all(true)), from: context.name("collection")
                ).first
            else {
                throw ServiceFailure(
                    status: .notFound, problem: "Not found: Point with id \(name) does not exists!",
                    remedy: "check the id")
            }
            return point
        }
        route(.post, "/collections/:collection/points/query") { request, context in
            let body = try await request.decode(as: QueryBody.self, context: context)
            return try await points.query(body, in: context.name("collection"))
        }
        route(.post, "/collections/:collection/points/query/batch") { request, context in
            let body = try await request.decode(as: QueryBatchBody.self, context: context)
            let name = try context.name("collection")
            var answers: [PointsAnswer] = []
            for search in body.searches { answers.append(try await points.query(search, in: name)) }
            return answers
        }
        route(.post, "/collections/:collection/points/explain") { request, context in
            let body = try await request.decode(as: QueryBody.self, context: context)
            return try await points.query(body, in: context.name("collection"), isExplained: true)
        }
        route(.post, "/collections/:collection/points/scroll") { request, context in
            let body = try await request.decode(as: ScrollBody.self, context: context)
            return try await points.scroll(body, in: context.name("collection"))
        }
        route(.post, "/collections/:collection/points/count") { request, context in
            let body = try await request.decode(as: CountBody.self, context: context)
            return ["count": try await points.count(body, in: context.name("collection"))]
        }
        route(.post, "/collections/:collection/facet") { request, context in
            let body = try await request.decode(as: FacetBody.self, context: context)
            return try await points.facets(body, of: context.name("collection"))
        }
    }

    /// The search page, the description of the API, and the routes for operators.
    func addPages(_ metrics: PrometheusMetrics) {
        on("/", method: .get) { request, _ in
            // Qdrant's clients request the version here, and browsers the page.
            if request.headers[.accept]?.contains("text/html") ?? false {
                return Response.text(Self.text(PackageResources.index_html), "text/html; charset=utf-8")
            }
            return try Response.json(["title": "sparse-service - a part of Qdrant's API", "version": "1.20.0"])
        }
        on("/openapi.json", method: .get) { _, _ in
            Response.text(Self.text(PackageResources.openapi_json), "application/json")
        }
        on("/metrics", method: .get) { _, _ in Response.text(metrics.text, "text/plain; version=0.0.4") }
        for path in ["/healthz", "/livez", "/readyz"] as [RouterPath] {
            on(path, method: .get) { _, _ in Response.text("ok", "text/plain") }
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension UpsertBody {
    /// Returns the points from either form of the body.
    fileprivate var all: [PointBody] {
        get throws {
            if let points { return points }
            guard let batch else {
                throw ServiceFailure(
                    status: .badRequest, problem: "the body has neither 'points' nor 'batch'",
                    remedy: "see /openapi.json")
            }
            guard batch.vectors.values.allSatisfy({ $0.count == batch.ids.count }),
                batch.payloads.map({ $0.count == batch.ids.count }) ?? true
            else {
                throw ServiceFailure(
                    status: .badRequest, problem: "the batch has lists of different lengths",
                    remedy: "pass one vector and one payload for each id")
            }
            return batch.ids.enumerated().map { index, id in
                PointBody(id: id, vector: batch.vectors.mapValues { $0[index] }, payload: batch.payloads?[index])
            }
        }
    }
}
