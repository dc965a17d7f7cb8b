import Configuration
import Foundation
import Hummingbird
import InMemoryTracing
import Logging
import ServiceLifecycle
import SparseStore
import SparseText
import Synchronization
import Testing
import Tracing

/// A store in a folder that is removed with it.
private final class TemporaryFolder: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sparsestore-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }
    var store: String { url.appendingPathComponent("test.sparse").path }
}

private let tracer: InMemoryTracer = {
    let tracer = InMemoryTracer()
    InstrumentationSystem.bootstrap(tracer)
    return tracer
}()

/// Tests of the features that the package traits add.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TraitTests {
    @Test func `a search and a commit each have a span below the caller's`() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store.open(at: folder.store, configuration: .init(maintenance: .manual))
        tracer.clearFinishedSpans()
        try await withSpan("request") { _ in
            try await store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
            _ = try await store.search(["t": 1], limit: 3)
        }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["sparsestore.commit", "sparsestore.search", "request"])
        let request = try #require(spans.last)
        for span in spans.dropLast() {
            #expect(span.parentSpanID == request.spanID)
            #expect(span.attributes["sparsestore.store"]?.toSpanAttribute() == .string("test.sparse"))
            #expect(span.attributes["sparsestore.generation"]?.toSpanAttribute() == .int64(1))
        }
        #expect(spans[1].attributes["sparsestore.hits"]?.toSpanAttribute() == .int64(1))
        #expect(spans[1].attributes["sparsestore.documents_scored"]?.toSpanAttribute() == .int64(1))
        store.close()
    }

    @Test func `a merge has a span`() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store.open(at: folder.store, configuration: .init(maintenance: .manual))
        for batch in 0..<3 {
            try await store.write { transaction in
                for number in 0..<100 {
                    try transaction.upsert(Document(id: "\(batch)-\(number)", terms: ["t": Float(number + 1)]))
                }
            }
        }
        tracer.clearFinishedSpans()
        try await store.optimize()
        let merge = try #require(tracer.finishedSpans.first { $0.operationName == "sparsestore.merge" })
        guard case .int64(let bytes) = merge.attributes["sparsestore.bytes"]?.toSpanAttribute() else {
            Issue.record("the span does not have the number of bytes written")
            return
        }
        #expect(bytes > 0)
        store.close()
    }

    @Test func `a search that fails says so in its span`() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store.open(at: folder.store)
        tracer.clearFinishedSpans()
        await #expect(throws: SparseStoreError.self) { try await store.search(["t": 1], limit: 0) }
        let span = try #require(tracer.finishedSpans.first { $0.operationName == "sparsestore.search" })
        #expect(span.errors.count == 1)
        store.close()
    }

    @Test func `a service ends with its group, and closes its store`() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store.open(at: folder.store, configuration: .init(maintenance: .manual))
        let group = ServiceGroup(
            services: [SparseStoreService(store, every: .milliseconds(5))], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        try await store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        try await Task.sleep(for: .milliseconds(50))
        await group.triggerGracefulShutdown()
        try await running.value
        let error = await #expect(throws: SparseStoreError.self) { try await store.contains("a") }
        #expect(error?.code == .closed)
        let again = try await Store.open(at: folder.store)
        #expect(try await again.contains("a"))
        again.close()
    }

    @Test func `a configuration is read by the names of its properties`() throws {
        let reader = ConfigReader(
            provider: InMemoryProvider(values: [
                "store.profile": "compact", "store.maintenance": "shared", "store.mapSize": 1_073_741_824,
                "store.pageCacheSize": 2_147_483_648, "store.isReadOnly": true, "store.busyTimeoutSeconds": 1.5,
                "store.multivectorCodec": "int8",
            ]))
        let configuration = try SparseStore.Configuration(reader.scoped(to: "store"))
        #expect(configuration.profile == .compact)
        #expect(configuration.maintenance == .shared)
        #expect(configuration.mapSize == 1 << 30)
        #expect(configuration.pageCacheSize == 2 << 30)
        #expect(configuration.isReadOnly)
        #expect(configuration.busyTimeout == .milliseconds(1_500))
        #expect(configuration.multivectorCodec == .int8)
        #expect(configuration.durability == .full)
    }

    @Test(arguments: [("profile", "slow"), ("mapSize", "much"), ("isReadOnly", "perhaps")])
    func `a value that does not fit its key is an error that names both`(key: String, value: String) throws {
        let reader = ConfigReader(
            provider: InMemoryProvider(values: [
                AbsoluteConfigKey([key]): ConfigValue(.string(value), isSecret: false)
            ]))
        let error = #expect(throws: SparseStoreError.self) { try SparseStore.Configuration(reader) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.problem.contains(key) == true)
    }
}

/// Tests the encoder with a real HTTP server.
@Suite(.timeLimit(.minutes(1))) struct HTTPEncoderTests {
    private struct Body: Decodable {
        var inputs: [String]
        var truncate: Bool
    }

    private struct Component: ResponseCodable {
        var index: Int
        var value: Float
    }

    /// Records the requests to a text-embeddings-inference service, and answers them.
    private final class Server: Sendable {
        let running = Mutex((now: 0, most: 0))
        let requests = Mutex(0)
        let headers = Mutex<[String?]>([])

        /// Runs `body` with the address of a server whose first responses have the given statuses.
        func run(
            failing: [HTTPResponse.Status] = [], delay: Duration = .zero,
            _ body: @escaping @Sendable (String) async throws -> Void
        ) async throws {
            let router = Router()
            router.post("/embed_sparse") { [self] request, context -> [[Component]] in
                let number = requests.withLock { count in
                    defer { count += 1 }
                    return count
                }
                headers.withLock { $0.append(request.headers[.authorization]) }
                running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                defer { running.withLock { $0.now -= 1 } }
                try await Task.sleep(for: delay)
                if number < failing.count { throw HTTPError(failing[number]) }
                let body = try await request.decode(as: Body.self, context: context)
                return body.inputs.map { [Component(index: $0.utf8.count % 4, value: Float($0.utf8.count))] }
            }
            let (addresses, found) = AsyncStream<Int>.makeStream()
            let application = Application(
                router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { found.yield($0.localAddress?.port ?? 0) },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            // A server that is canceled while it accepts a connection ends the process (NIOAsyncWriter).
            let services = ServiceGroup(services: [application], logger: application.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                var iterator = addresses.makeAsyncIterator()
                let port = try #require(await iterator.next())
                try await body("http://127.0.0.1:\(port)")
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    private static let tokens = ["zero", "one", "two", "three"]

    private static func encoder(
        _ url: String, _ change: (inout HTTPSparseEncoder.Settings) -> Void = { _ in }
    ) throws -> HTTPSparseEncoder {
        var settings = HTTPSparseEncoder.Settings()
        settings.pause = .milliseconds(1)
        change(&settings)
        return try HTTPSparseEncoder(
            url: url, model: "test", tokens: tokens, headers: [("Authorization", "Bearer key")], settings: settings)
    }

    @Test func `texts come back as vectors in their order, a few batches at a time`() async throws {
        let server = Server()
        try await server.run(delay: .milliseconds(2)) { url in
            let texts = (1...50).map { String(repeating: "x", count: $0) }
            let vectors = try await Self.encoder(url) { ($0.batch, $0.concurrency) = (3, 2) }.encode(documents: texts)
            #expect(vectors == texts.map { [WeightedTerm(Self.tokens[$0.count % 4], Float($0.count))] })
        }
        #expect(server.requests.withLock { $0 } == 17)
        #expect(server.running.withLock { $0.most } <= 2)
        #expect(server.headers.withLock { $0.allSatisfy { $0 == "Bearer key" } })
    }

    @Test func `a service that is busy or broken is asked again`() async throws {
        let server = Server()
        try await server.run(failing: [.tooManyRequests, .serviceUnavailable]) { url in
            let vectors = try await Self.encoder(url).encode(queries: ["xx"])
            #expect(vectors == [[WeightedTerm("two", 2)]])
        }
        #expect(server.requests.withLock { $0 } == 3)
    }

    @Test func `a refusal is not tried again`() async throws {
        let server = Server()
        try await server.run(failing: [.unauthorized]) { url in
            let error = await #expect(throws: SparseStoreError.self) {
                try await Self.encoder(url).encode(queries: ["xx"])
            }
            #expect(error?.code == .invalidArgument)
        }
        #expect(server.requests.withLock { $0 } == 1)
    }

    @Test func `a slow service ends with the deadline`() async throws {
        let server = Server()
        try await server.run(delay: .seconds(1)) { url in
            let error = await #expect(throws: SparseStoreError.self) {
                try await Self.encoder(url) { $0.deadline = .milliseconds(50) }.encode(queries: ["xx"])
            }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    // async-http-client keeps trying to connect until the timeout of the request.
    @Test func `a service that is not there is named when the deadline passes`() async throws {
        let error = await #expect(throws: SparseStoreError.self) {
            try await Self.encoder("http://127.0.0.1:9") { $0.deadline = .milliseconds(300) }.encode(queries: ["xx"])
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.problem.contains("127.0.0.1:9") == true)
    }
}
