// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that what a benchmark needs is nothing that the engine's users build.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "SparseStore", path: "..")],
    targets: [
        // LMDB as it comes: the engine's own module is not for others.
        .systemLibrary(
            name: "CPlainLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .executableTarget(
            name: "durable-writes",
            dependencies: ["CPlainLMDB", "Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/DurableWrites"),
        .executableTarget(
            name: "maxsim-kernels",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/MaxSimKernels"),
        .executableTarget(
            name: "churn",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/Churn"),
        .executableTarget(
            name: "ingest",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/Ingest"),
        .executableTarget(
            name: "visible",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/Visible"),
        // These two reach into the engine with testable imports: inside.sh builds them.
        .executableTarget(
            name: "kernels",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/Kernels"),
        .executableTarget(
            name: "ablation",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/Ablation"),
        .target(name: "Measure", dependencies: [.product(name: "SparseStore", package: "SparseStore")]),
    ],
    swiftLanguageModes: [.v6]
)
