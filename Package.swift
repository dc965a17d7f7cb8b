// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Traits for services. All are off by default, and then their packages are not needed. They need Swift 6.2, because their
// packages do, and Swift 6.1 resolves the packages of traits that are off too.
struct Services {
    var traits: Set<Trait> = []
    var packages: [Package.Dependency] = []
    var engine: [Target.Dependency] = []
    var text: [Target.Dependency] = []
}
var services = Services()
#if compiler(>=6.2)
    services.traits = [
        .trait(
            name: "ServiceLifecycle",
            description: "Adds SparseStoreService, which runs a store with swift-service-lifecycle."),
        .trait(
            name: "Tracing",
            description: "Adds spans of searches, commits and merges with swift-distributed-tracing."),
        .trait(name: "Configuration", description: "Reads a store's configuration with swift-configuration."),
        .trait(name: "AsyncHTTPClient", description: "Sends the requests of HTTPSparseEncoder with async-http-client."),
    ]
    services.packages = [
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ]
    services.engine = [
        .product(
            name: "ServiceLifecycle", package: "swift-service-lifecycle",
            condition: .when(traits: ["ServiceLifecycle"])),
        .product(
            name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
        .product(
            name: "Configuration", package: "swift-configuration", condition: .when(traits: ["Configuration"])),
    ]
    services.text = [
        .product(
            name: "AsyncHTTPClient", package: "async-http-client",
            condition: .when(traits: ["AsyncHTTPClient"])),
        .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
    ]
#endif

// The floors, bottom first: a target imports only targets that are above it in this list (Scripts/check-floors.py).
let package = Package(
    name: "SparseStore",
    platforms: [.macOS(.v15)],
    products: [
        // SparseStore re-exports SparseFormat, and `make api` only compares the targets of products.
        .library(name: "SparseStore", targets: ["SparseStore", "SparseFormat"]),
        .library(name: "SparseInterchange", targets: ["SparseInterchange"]),
        .library(name: "SparseText", targets: ["SparseText"]),
        .library(name: "CSparseStore", type: .dynamic, targets: ["CSparseStore"]),
        .executable(name: "sparsestore", targets: ["SparseStoreTool"]),
    ],
    traits: services.traits,
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.10.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ] + services.packages,
    targets: [
        // Floor 0: the system libraries.
        .systemLibrary(
            name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        // SHA-256, for systems without a framework for it.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // The system's C library under one name, and the standard descriptors.
        .target(name: "Platform", swiftSettings: settings),
        // Snowball does not ship a pkg-config file.
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"]), .brew(["snowball"])]),
        // Loops with vector instructions that the processor may lack.
        .target(name: "CKernels"),
        // Floor 1: bytes, and the storage below them.
        .target(
            name: "SparseFormat",
            dependencies: [
                "CZstd", "CKernels", "Platform", .target(name: "CCrypto", condition: .when(platforms: [.linux])),
            ],
            swiftSettings: settings),
        .target(
            name: "LMDB",
            dependencies: ["CLMDB", "Platform", .product(name: "SystemPackage", package: "swift-system")],
            exclude: ["README.md"],
            swiftSettings: settings),
        // Floor 2: the engine.
        .target(
            name: "SparseStore",
            dependencies: [
                "SparseFormat", "LMDB", "Platform", "CKernels",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "SystemPackage", package: "swift-system"),
            ] + services.engine,
            swiftSettings: settings),
        // Floor 3: common file formats.
        .target(
            name: "SparseInterchange",
            dependencies: [
                "SparseStore", "Platform", "CZstd", "CZlib",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),
        // Floor 4: text to vectors. The tables of Unicode and of the languages are text files that are compiled in.
        .target(
            name: "SparseText",
            dependencies: [
                "SparseFormat", "SparseStore", "SparseInterchange", "CStemmer",
            ] + services.text,
            resources: [
                .embedInCode("Resources/word-break.txt"), .embedInCode("Resources/decompositions.txt"),
                .embedInCode("Resources/stop-words.txt"),
            ],
            swiftSettings: settings),
        // Floor 3: the C interface. Its header is a separate target, so that C and Swift compile against the same text.
        .target(name: "CSparseStoreHeader", exclude: ["sparsestore.map"]),
        .target(name: "CSparseStore", dependencies: ["CSparseStoreHeader", "SparseStore"], swiftSettings: settings),
        // Floor 5: the command line, `sparsestore`. The target's name differs from the library's in more than letter
        // case, because the two would be the same on file systems that ignore case.
        .executableTarget(
            name: "SparseStoreTool",
            dependencies: [
                "SparseStore", "SparseInterchange", "SparseText", "Platform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.embedInCode("Resources/s3.py")],
            swiftSettings: settings),
        // The driver that the crash suite runs in addition to the command line (Tests/Crash/README.md).
        .executableTarget(
            name: "crash-driver", dependencies: ["SparseStore", "SparseInterchange", "SparseFormat"],
            path: "Tests/Crash/Driver",
            swiftSettings: settings),
        // Tests: one target per module.
        .testTarget(
            name: "SparseFormatTests", dependencies: ["SparseFormat", "CKernels"], swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: ["SparseFormat", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "LMDBTests",
            dependencies: [
                "LMDB", "Platform", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SparseStoreTests",
            dependencies: [
                "SparseStore", "SparseFormat", "LMDB", "Platform", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SparseInterchangeTests", dependencies: ["SparseInterchange", "SparseStore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "SparseTextTests", dependencies: ["SparseText", "SparseInterchange", "SparseStore", "TestSupport"],
            exclude: ["Data"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["SparseStoreTool", "SparseStore", "SparseInterchange", "TestSupport"],
            swiftSettings: settings),
        // The fuzz targets, run on the inputs that are checked in. The fuzzer itself is a separate package.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "SparseFormat", "LMDB", "SparseStore", "SparseInterchange", "SparseText",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Fuzz/Sources", exclude: ["Driver"]),
    ],
    swiftLanguageModes: [.v6]
)
