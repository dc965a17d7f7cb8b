// swift-tools-version: 6.1
import PackageDescription

// A separate package, like Benchmarks/. Fuzz/run.sh builds it with sanitizers in every module, and with testable
// imports, because the targets use internal declarations as the tests do.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "SparseStore", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "SparseStore", package: "SparseStore"),
                .product(name: "SparseInterchange", package: "SparseStore"),
                .product(name: "SparseText", package: "SparseStore"),
            ],
            path: "Sources", exclude: ["Replay"])
    ],
    swiftLanguageModes: [.v6]
)
