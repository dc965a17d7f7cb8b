import Foundation
import TestSupport
import Testing

/// Folders of shards, called as others call them.
@Suite struct ShardCommandTests {
    private let folder: TemporaryFolder
    private let store: String
    private let shards: String

    init() throws {
        folder = TemporaryFolder()
        store = folder.path("one.sparse")
        shards = folder.path("shards")
        let lines = (0..<300).map { number in
            """
            {"id": "p\(number % 40)#\(number)", "content": "text \(number)", "tags": ["\(number % 2 == 0 ? "a" : "b")"], \
            "attributes": {"year": \(2000 + number % 9)}, \
            "vector": {"t\(number % 13)": \(Float(number) / 7 + 0.1), "u\(number % 5)": \(Float(300 - number) / 11), "all": 0.3}}
            """
        }
        let loaded = try Binary.run("load", store, "-", "--quiet", input: Data(lines.joined(separator: "\n").utf8))
        #expect(loaded.status == 0, "\(loaded.errors)")
        let split = try Binary.run("split", store, "--shards", "4", shards, "--json")
        #expect(split.status == 0, "\(split.errors)")
    }

    private func hits(_ store: String, _ arguments: [String]) throws -> [[String]] {
        let answer = try Binary.run(["search", store, "--json", "--recall", "exact"] + arguments).object()
        return try #require(answer["hits"] as? [[String: Any]]).map { hit in
            [hit["id"] as? String ?? "", "\(hit["score"] ?? "")", hit["payload"] as? String ?? ""]
        }
    }

    @Test func `a folder of shards answers as the store that was split`() throws {
        let terms = ["--terms", #"{"t3": 1.3, "u2": 0.7, "all": 2, "t5": 0.11}"#]
        for options in [
            ["--limit", "40"], ["--weighting", "idf"], ["--filter", "tag:a AND year >= 2004"], ["--offset", "7"],
            ["--group-by", "id:#", "--group-size", "3"], ["--feedback", "docs=3,terms=5"],
        ] {
            #expect(try hits(shards, terms + options) == hits(store, terms + options), "\(options)")
        }
        for command in [["count", "--where", "year < 2003"], ["facets", "year", "--limit", "3"]] {
            let arguments = Array(command.dropFirst())
            let whole = try Binary.run([command[0], store] + arguments)
            #expect(try Binary.run([command[0], shards] + arguments).output == whole.output)
        }
        #expect(try Binary.run("get", shards, "p3#3").output == Binary.run("get", store, "p3#3").output)
        #expect(try Binary.run("verify", shards, "--deep").status == 0)
        #expect(try Binary.run("list", shards, "--limit", "5", "--json").status == 0)
        let statistics = try Binary.run("stats", shards, "--json").object()
        #expect(statistics["documents"] as? Int == 300)
        #expect((statistics["shards"] as? [Any])?.count == 4)
    }

    @Test(arguments: ["tune", "build", "compact", "migrate", "remove", "update", "backup", "publish", "load", "repair"])
    func `a command that takes one file names a shard when it gets a folder of shards`(_ command: String) throws {
        let more = [
            "remove": ["p3#3"], "update": ["p3#3", "--tags", "x"], "load": ["-"],
            "repair": ["--to", folder.path("copy")],
        ]
        let arguments = more[command] ?? (["backup", "publish"].contains(command) ? [folder.path("copy")] : [])
        let refused = try Binary.run([command, shards] + arguments)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("is a folder of shards"), "\(refused.errors)")
        #expect(refused.errors.contains("\(shards)/0.sparse"), "\(refused.errors)")
    }

    @Test func `shards that are merged again export the bytes of the store`() throws {
        let merged = folder.path("merged.sparse")
        let merge = try Binary.run("merge", shards, "--to", merged)
        #expect(merge.status == 0, "\(merge.errors)")
        let expected = try Binary.run("export", store, "--canonical").output
        #expect(try Binary.run("export", merged, "--canonical").output == expected)
        #expect(try Binary.run("export", shards, "--canonical").output == expected)
        let files = (0..<4).map { "\(shards)/\($0).sparse" }
        #expect(try Binary.run(["merge"] + files + ["--to", folder.path("again.sparse")]).status == 0)
        #expect(try Binary.run("export", folder.path("again.sparse"), "--canonical").output == expected)
    }

    @Test func `a merge of stores whose attributes differ in type is refused as invalid input`() throws {
        let stores = [("a", "1"), ("b", "\"one\"")].map { ($0, $1, folder.path("\($0).sparse")) }
        for (id, value, store) in stores {
            let line = #"{"id": "\#(id)", "vector": {"x": 1}, "attributes": {"n": \#(value)}}"#
            let input = try folder.write("\(id).jsonl", line)
            #expect(try Binary.run("load", store, input).status == 0)
        }
        let merge = try Binary.run(["merge"] + stores.map(\.2) + ["--to", folder.path("both.sparse")])
        #expect(merge.status == 2, "\(merge.errors)")
        #expect(merge.errors.contains("'n'"), "\(merge.errors)")
    }

    @Test func `a merge that was killed goes on when it is given again`() throws {
        let merged = folder.path("merged.sparse")
        for delay in [0.02, 0.05, 0.1] {
            let running = try Binary.Running(["merge", shards, "--to", merged])
            Thread.sleep(forTimeInterval: delay)
            kill(running.process.processIdentifier, SIGKILL)
            _ = try running.finish()
        }
        let merge = try Binary.run("merge", shards, "--to", merged)
        #expect(merge.status == 0, "\(merge.errors)")
        let expected = try Binary.run("export", store, "--canonical").output
        #expect(try Binary.run("export", merged, "--canonical").output == expected)
    }

    @Test func `an id with two contents ends a merge unless it is told which counts`() throws {
        let other = folder.path("other.sparse")
        let line = Data(#"{"id": "p3#3", "vector": {"x": 1}}"#.utf8)
        #expect(try Binary.run("load", other, "-", "--quiet", input: line).status == 0)
        let refused = try Binary.run("merge", store, other, "--to", folder.path("a.sparse"))
        #expect(refused.status != 0)
        #expect(refused.errors.contains("p3#3"))
        let kept = try Binary.run("merge", store, other, "--to", folder.path("b.sparse"), "--conflict", "first")
        #expect(kept.status == 0, "\(kept.errors)")
        #expect(try Binary.run("count", folder.path("b.sparse")).output == "300\n")
    }

    @Test func `a damaged or missing shard is named beside the answer of the others`() throws {
        let shard = "\(shards)/2.sparse"
        try Data("no store".utf8).write(to: URL(fileURLWithPath: shard))
        let damaged = try Binary.run("search", shards, "--terms", #"{"all": 1}"#, "--json")
        #expect(damaged.status != 0)
        #expect(damaged.errors.contains("2.sparse"))
        let missing = try #require(try damaged.object()["missing_shards"] as? [[String: Any]])
        #expect(missing.compactMap { $0["path"] as? String } == [shard])
        try FileManager.default.removeItem(atPath: shard)
        let lost = try Binary.run("search", shards, "--terms", #"{"all": 1}"#, "--json")
        #expect(lost.status != 0)
        #expect(lost.errors.contains("2.sparse"))
        #expect(try Binary.run("count", shards).status != 0)
        #expect(try Binary.run("verify", shards).status != 0)
    }

    @Test func `split leaves no half folder and overwrites none`() throws {
        let again = try Binary.run("split", store, "--shards", "2", shards)
        #expect(again.status == 1)
        #expect(try Binary.run("split", shards, "--shards", "2", folder.path("two")).status == 0)
        #expect(try Binary.run("count", folder.path("two")).output == "300\n")
        #expect(!folder.exists("two.part"))
    }

    @Test(arguments: ["milvus", "qdrant", "opensearch", "elasticsearch", "vespa", "ciff"])
    func `an export for another engine agrees with itself and says what changes`(target: String) throws {
        let out = folder.path(target)
        let written = try Binary.run("export", store, "--for", target, out, "--truth-queries", "5")
        #expect(written.status == 0, "\(written.errors)")
        let manifest = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: "\(out)/manifest.json")))
        let fields = try #require(manifest as? [String: Any])
        #expect(fields["documents"] as? Int == 300)
        #expect((fields["changes"] as? [String])?.isEmpty == false)
        let compared = try Binary.run("compare", "\(out)/truth.trec", "\(out)/truth.trec", "--json").object()
        #expect(compared["overlap@10"] as? Double == 1)
        #expect(compared["largest_score_difference"] as? Double == 0)
    }

    @Test func `compare counts what a run lacks and how far its scores are off`() throws {
        let truth = try folder.write("t", "q Q0 a 1 3 x\nq Q0 b 2 2 x\nr Q0 a 1 1 x\n")
        let run = try folder.write("r", "q Q0 a 1 3.5 x\nq Q0 c 2 2 x\n")
        let compared = try Binary.run("compare", truth, run, "--json").object()
        #expect(compared["overlap@10"] as? Double == 0.25)
        #expect(compared["largest_score_difference"] as? Double == 0.5)
        #expect(compared["missing_ids"] as? [String] == ["b"])
        #expect(compared["missing_queries"] as? [String] == ["r"])
    }
}
