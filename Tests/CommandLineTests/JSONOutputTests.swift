import Foundation
import TestSupport
import Testing

/// The keys that commands write are those of the article on their output, which minor versions keep.
@Suite struct JSONOutputTests {
    private let folder = TemporaryFolder()

    @Test func `the article lists every key of every command`() throws {
        let store = folder.path("s.sparse")
        let run = folder.path("run.trec")
        try check("load", store, Inputs.sample("documents.jsonl.zst"))
        try check("search", store, "--terms", #"{"panthers": 1.2, "defense": 0.8}"#, "--limit", "3", "--explain")
        try check("search", store, "--queries", Inputs.sample("queries.jsonl"), "--all", "--count")
        try check(
            "eval", store, "--queries", Inputs.sample("queries.jsonl"), "--truth", Inputs.sample("truth.bin"),
            "--qrels", Inputs.sample("qrels.tsv"), "--run", run, "--measures", "nDCG@10", "--by-query")
        try check("stats", store)
        try check("get", store, "3")
        try check("get", store, "3", "--multivector")
        try check("list", store, "--limit", "2")
        try check("count", store)
        try check("tune", store)
        try check("build", store)
        try check("compact", store)
        try check("verify", store)
        try check("split", store, folder.path("shards"), "--shards", "2")
        try check("stats", folder.path("shards"))
        try check("verify", folder.path("shards"))
        try check("merge", folder.path("shards"), "--to", folder.path("merged.sparse"))
        try check("publish", store, folder.path("target"))
        try check("publish", store, folder.path("target"), "--keep", "1")
        try check("publications", folder.path("target"))
        try check("follow", folder.path("target"), folder.path("copy.sparse"), "--once")
        try check("repair", store, "--to", folder.path("repaired.sparse"))
        try check("compare", run, run)
        try check("remove", store, "3")
        try check("remove", store, "--where", "id:4", "--dry-run")
        try check("remove", store, "--where", "id:4")
    }

    /// Runs a command with `--json`, and expects each key of its first object in the command's row.
    private func check(_ command: String, _ arguments: String...) throws {
        let result = try Binary.run([command] + arguments + ["--json"])
        #expect(result.status == 0, "\(command): \(result.errors)")
        let line = result.output.split(separator: "\n").first.map(String.init) ?? ""
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let row = try #require(try Self.rows().first { $0.names.contains(command) }, "\(command) has no row").text
        for key in try #require(object).keys where !row.contains("`\(key)`") {
            Issue.record("the row of \(command) lacks '\(key)'")
        }
    }

    /// The rows of the table: the commands of the first column, and the second column.
    private static func rows() throws -> [(names: [String], text: String)] {
        let article = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Sources/SparseStore/SparseStore.docc/Articles/CommandOutput.md")
        return try String(contentsOf: article, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count == 4 else { return nil }
            return (cells[1].split(separator: "`").map(String.init), String(cells[2]))
        }
    }
}
