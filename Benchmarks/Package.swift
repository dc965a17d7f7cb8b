// swift-tools-version: 6.1
import PackageDescription

// A separate package, so that users of the engine do not build the dependencies of benchmarks.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "SparseStore", path: "..")],
    targets: [
        // Plain LMDB, because the engine's own module is not public.
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
        .executableTarget(
            name: "many-stores",
            dependencies: ["Measure", .product(name: "SparseStore", package: "SparseStore")],
            path: "Sources/ManyStores"),
        // These two use testable imports of the engine, so inside.sh builds them.
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
