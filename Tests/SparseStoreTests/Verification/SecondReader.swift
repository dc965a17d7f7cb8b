import Foundation
import Testing

/// The reader in Tests/Reader, which knows FORMAT.md and nothing else.
enum SecondReader {
    struct Output {
        let status: Int32
        /// One record a line: its name, and what it says.
        let records: [(name: String, record: Any)]
        let errors: String

        /// The records of a name.
        func all(_ name: String) -> [[String: Any]] {
            records.filter { $0.name == name }.compactMap { $0.record as? [String: Any] }
        }
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Reader/sparsestore_reader.py").standardizedFileURL.path

    /// A Python with lmdb and zstandard. Debian's packages are the system's Python's, and `python3` may be another.
    static let python: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let candidates = ["/usr/bin/python3"] + path.split(separator: ":").map { "\($0)/python3" }
        let named = ProcessInfo.processInfo.environment["SPARSESTORE_PYTHON"].map { [$0] }
        return (named ?? candidates).first { candidate in
            FileManager.default.isExecutableFile(atPath: candidate)
                && (try? run(candidate, ["--can-run"]).status) == 0
        }
    }()

    /// False where it cannot run and need not: CI says that it must.
    static var isWanted: Bool {
        python != nil || ProcessInfo.processInfo.environment["SPARSESTORE_REQUIRE_READER"] != nil
    }

    /// What it says of a store; with `--check` it makes everything anew from the documents and compares.
    static func read(_ store: String) throws -> Output {
        try run(
            try #require(python, "no python3 with lmdb and zstandard; run Scripts/setup.sh checks"), [store, "--check"])
    }

    /// Makes a file of the newest publication of a folder.
    static func restore(_ target: String, to file: String) throws -> Output {
        try run(
            try #require(python, "no python3 with lmdb and zstandard; run Scripts/setup.sh checks"), [target, file])
    }

    private static func run(_ python: String, _ arguments: [String]) throws -> Output {
        let files = try ["out", "err"].map { name in
            let url = FileManager.default.temporaryDirectory.appendingPathComponent(
                "reader-\(UUID().uuidString).\(name)")
            try Data().write(to: url)
            return url
        }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script] + arguments
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let records = try Data(contentsOf: files[0]).split(separator: UInt8(ascii: "\n")).flatMap { line in
            let object = try JSONSerialization.jsonObject(with: line) as? [String: Any]
            return (object ?? [:]).map { (name: $0.key, record: $0.value) }
        }
        return Output(
            status: process.terminationStatus, records: records,
            errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
}
