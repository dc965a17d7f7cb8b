import ArgumentParser
import AsyncHTTPClient
import Configuration
import Foundation
import Hummingbird
import Logging
import Metrics
import SparseStore
import Tracing

@main struct SparseService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sparse-service",
        abstract: "A part of Qdrant's REST API over one SparseStore file, on 127.0.0.1.",
        discussion: """
            The store is configured by environment variables such as SPARSESTORE_PROFILE=compact. The page is at /, the \
            description of the API at /openapi.json, metrics are at /metrics.
            """)

    @Option(help: "The store; made when it is not there.")
    var store: String
    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 6333
    @Option(help: "Copy the store into this folder from time to time.")
    var backups: String?
    @Option(help: "Seconds between two copies.")
    var backupEvery = 3_600
    @Option(help: "How many copies stay.")
    var backupsKept = 24
    @Option(help: "The address of a text-embeddings-inference service that reranks.")
    var reranker: String?
    @Option(help: "Write spans into this file, as lines of JSON.")
    var trace: String?

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("a port is a number from 0 to 65535") }
        guard backupEvery >= 1, backupsKept >= 1 else {
            throw ValidationError("copies are made at least a second apart, and at least one stays")
        }
    }

    func run() async throws {
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        if let trace { InstrumentationSystem.bootstrap(LineTracer(file: try Self.file(trace))) }
        let logger = Logger(label: "sparse-service")

        let environment = ConfigReader(provider: EnvironmentVariablesProvider())
        var configuration = try SparseStore.Configuration(environment.scoped(to: "sparsestore"))
        configuration.logger = logger
        let opened = try await Store.open(at: store, configuration: configuration)

        let client = reranker.map { TextReranker(url: $0, client: .shared) }
        let router = Router(context: ServiceContext.self)
        router.middlewares.add(TracingMiddleware())
        router.middlewares.add(MetricsMiddleware())
        router.middlewares.add(FailureMiddleware())
        router.addPoints(PointStore(store: opened, reranker: client))
        router.addPages(metrics)

        var application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                // Who starts the service with port 0 reads the address here.
                print("sparse-service: http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
                fflush(nil)
            },
            logger: logger)
        // Services end in the reverse order: the store is closed last.
        application.addServices(SparseStoreService(opened))
        if let backups {
            application.addServices(
                Backups(
                    store: opened, folder: URL(fileURLWithPath: backups), interval: .seconds(backupEvery),
                    kept: backupsKept, logger: logger))
        }
        try await application.runService()
    }

    private static func file(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
}
