// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

// A separate package, so that users of the engine do not build the dependencies of examples.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "quickstart", targets: ["Quickstart"]),
        .executable(name: "text-search", targets: ["TextSearch"]),
        .executable(name: "notes", targets: ["Notes"]),
        .executable(name: "sparse-service", targets: ["Service"]),
    ],
    dependencies: [
        .package(
            name: "SparseStore", path: "..",
            traits: ["ServiceLifecycle", "Tracing", "Configuration", "AsyncHTTPClient"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "Quickstart", dependencies: [.product(name: "SparseStore", package: "SparseStore")],
            path: "Quickstart", swiftSettings: settings),
        .executableTarget(
            name: "TextSearch",
            dependencies: [
                .product(name: "SparseStore", package: "SparseStore"),
                .product(name: "SparseText", package: "SparseStore"),
            ],
            path: "TextSearch", swiftSettings: settings),
        .executableTarget(
            name: "Notes",
            dependencies: [
                .product(name: "SparseStore", package: "SparseStore"),
                .product(name: "SparseText", package: "SparseStore"),
            ],
            path: "Notes", swiftSettings: settings),
        .executableTarget(
            name: "Service",
            dependencies: [
                .product(name: "SparseStore", package: "SparseStore"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Service", exclude: ["Tests", "page.png"],
            resources: [.embedInCode("Resources/index.html"), .embedInCode("Resources/openapi.json")],
            swiftSettings: settings),
        .testTarget(
            name: "TraitTests",
            dependencies: [
                .product(name: "SparseStore", package: "SparseStore"),
                .product(name: "SparseText", package: "SparseStore"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "TraitTests", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
