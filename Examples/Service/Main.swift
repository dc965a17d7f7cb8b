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
        abstract: "Serve a part of Qdrant's REST API from one SparseStore file, on 127.0.0.1.",
        discussion: """
            Environment variables such as SPARSESTORE_PROFILE=compact configure the store. There is a search page at \
            /, the description of the API at /openapi.json, and metrics at /metrics.
            """)

    @Option(help: "The file of the store, which is created if it does not exist.")
    var store: String
    @Option(help: "The port to listen on; 0 for any free port.")
    var port = 6333
    @Option(help: "Copy the store into this folder at regular intervals.")
    var backups: String?
    @Option(help: "The number of seconds between copies.")
    var backupEvery = 3_600
    @Option(help: "The number of copies to keep.")
    var backupsKept = 24
    @Option(help: "The address of a text-embeddings-inference service for reranking.")
    var reranker: String?
    @Option(help: "Write spans into this file, as JSON Lines.")
    var trace: String?

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535") }
        guard backupEvery >= 1, backupsKept >= 1 else {
            throw ValidationError("--backup-every and --backups-kept must be 1 or more")
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
                // A program that starts the service with port 0 reads the address from this line.
                print("sparse-service: http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
                fflush(nil)
            },
            logger: logger)
        // Services end in reverse order, so the store is closed last.
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
