import Foundation
import TestSupport
import Testing

@Suite("Loading: rejects, resuming, interruption, kills")
struct LoadProcessTests {
    @Test
    func `rejects are counted and go to a file with line number and reason; the rest is loaded`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let text =
            Inputs.lines(2) + "secret\n" + Inputs.lines(2, from: 2)
            + "{\"id\": 9, \"content\": \"secret\", \"vector\": {\"x\": -1}}\n"
        let input = try folder.write("in.jsonl", text)
        let result = try Binary.run("load", store, input, "--rejects", folder.path("rejects.tsv"), "--json")
        #expect(result.status == 0)
        #expect(try result.object()["documents"] as? Int == 4)
        #expect(try result.object()["rejected"] as? Int == 2)
        #expect(
            try folder.read("rejects.tsv")
                == "3\tbyte 1: expected '{'\n6\tid '9', term 'x', byte 48: a weight is negative\n")
        #expect(!result.errors.contains("secret"))
        #expect(result.errors.contains("rejected line 3"))
        let again = try Binary.run("load", store, input, "--rejects", folder.path("rejects.tsv"))
        #expect(again.status == 0)
        #expect(again.errors.contains("2 rows were rejected"))
        #expect(try folder.read("rejects.tsv").split(separator: "\n").count == 2)
    }

    @Test
    func `exit code 2 when everything was rejected, 0 when there was nothing`() throws {
        let folder = TemporaryFolder()
        let result = try Binary.run("load", folder.path("a"), "-", input: Data("x\ny\n".utf8))
        #expect(result.status == 2)
        #expect(result.errors.contains("all 2 rows were rejected"))
        #expect(try Binary.run("load", folder.path("b"), "-", input: Data()).status == 0)
    }

    @Test
    func `a finished load resumed does nothing; an input that changed is refused`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let input = try folder.write("in.jsonl", Inputs.lines(10))
        #expect(try Binary.run("load", store, input, "--resume").errors.contains("nothing to resume"))
        let again = try Binary.run("load", store, input, "--resume", "--json")
        #expect(again.status == 0)
        #expect(try again.object()["documents"] as? Int == 0)
        #expect(try again.object()["documents_in_all"] as? Int == 10)
        _ = try folder.write("in.jsonl", Inputs.lines(12))
        #expect(try Binary.run("load", store, input, "--resume").status == 2)
        #expect(try Binary.run("load", store, input).status == 0)
    }

    @Test
    func `a store keeps the profile it was loaded with, until it is built with another`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let input = try folder.write("in.jsonl", Inputs.lines(50))
        func profiles() throws -> [String?] {
            let statistics = try Binary.run("stats", store, "--json").object()
            let segments = try #require(statistics["segments"] as? [[String: Any]])
            return [statistics["profile"] as? String] + segments.map { $0["profile"] as? String }
        }
        let load = try Binary.run("load", store, input, "--profile", "compact", "--memory", "64MiB", "--seed", "3")
        #expect(load.status == 0)
        #expect(try profiles() == ["compact", "compact"])
        #expect(try Binary.run("load", store, input).status == 0)
        #expect(try profiles() == ["compact", "compact"])
        #expect(try Binary.run("build", store, "--profile", "fast", "--memory", "64MiB").status == 0)
        #expect(try profiles() == ["fast", "fast"])
        #expect(try Binary.run("load", store, input, "--no-build", "--profile", "compact").status == 0)
        #expect(try profiles().prefix(1) == ["compact"])
        #expect(try Binary.run("verify", store, "--deep").status == 0)
        for wrong in [["--profile", "small"], ["--memory", "63MiB"], ["--seed", "-1"]] {
            #expect(try Binary.run("load", store, input, wrong[0], wrong[1]).status != 0)
        }
    }

    @Test
    func `payloads by the field that is asked for`() throws {
        let folder = TemporaryFolder()
        let line = Data(#"{"id": 1, "content": "one", "title": "two", "vector": {"a": 1}}"#.utf8)
        func payload(_ name: String, _ arguments: String...) throws -> String? {
            let store = folder.path(name)
            if arguments.isEmpty {
                try Binary.run("load", store, "-", input: line)
            } else {
                try Binary.run("load", store, "-", "--payload", arguments[0], input: line)
            }
            return try Binary.run("get", store, "1", "--json").object()["payload"] as? String
        }
        #expect(try payload("a") == "one")
        #expect(try payload("b", "title") == "two")
        #expect(try payload("c", "none") == nil)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `SIGINT commits what was read, exits with 8, and --resume goes on from there`(signal: Int32) throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let pipe = Pipe()
        let running = try Binary.Running(
            ["load", store, "-", "--batch", "100", "--batch-seconds", "3600", "--json"], input: pipe)
        let head = Inputs.lines(1_050)
        try pipe.fileHandleForWriting.write(contentsOf: Data(head.utf8))
        // Ten batches can be full; the eleventh waits for more.
        try Self.waitUntil { (try? Self.count(store)) ?? 0 >= 1_000 }
        kill(running.process.processIdentifier, signal)
        let result = try running.finish()
        try pipe.fileHandleForWriting.close()
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("--resume"))
        let summary = try result.object()
        let loaded = try #require(summary["documents"] as? Int)
        #expect(summary["complete"] as? Bool == false)
        #expect(loaded >= 1_000)
        #expect(try Binary.run("stats", store, "--json").object()["documents"] as? Int == loaded)
        let whole = Data((head + Inputs.lines(450, from: 1_050)).utf8)
        let rest = try Binary.run("load", store, "-", "--resume", "--json", input: whole).object()
        #expect(rest["documents"] as? Int == 1_500 - loaded)
        #expect(rest["documents_in_all"] as? Int == 1_500)
    }

    @Test
    func `killed at any moment and resumed, a load ends with the same answers and the same rejects`() throws {
        let folder = TemporaryFolder()
        let lines = Inputs.lines(4_000).split(separator: "\n").enumerated().map {
            $0 % 500 == 77 ? "broken" : String($1)
        }
        let input = try folder.write("in.jsonl", lines.joined(separator: "\n"))
        let queries = try folder.write("q.jsonl", Inputs.lines(40, from: 100))
        let expected = folder.path("expected")
        try Binary.run("load", expected, input, "--rejects", folder.path("expected.tsv"))
        try Binary.run(
            "eval", expected, "--queries", queries, "--run", folder.path("expected.run"), "--recall", "exact")
        let store = folder.path("killed")
        var kills = 0
        for round in 0..<40 {
            let running = try Binary.Running(
                ["load", store, input, "--resume", "--batch", "100", "--rejects", folder.path("rejects.tsv")])
            Thread.sleep(forTimeInterval: round == 0 ? 0.02 : Double.random(in: 0.01...0.15))
            kill(running.process.processIdentifier, SIGKILL)
            let result = try running.finish()
            if result.status == 0 { break }
            kills += 1
            #expect(result.status == -SIGKILL, "round \(round): \(result.errors)")
        }
        let last = try Binary.run("load", store, input, "--resume", "--rejects", folder.path("rejects.tsv"), "--json")
        #expect(last.status == 0, "\(last.errors)")
        #expect(kills > 0)
        let summary = try last.object()
        #expect(summary["documents_in_all"] as? Int == 3_992)
        #expect(summary["rejected_in_all"] as? Int == 8)
        #expect(summary["store_documents"] as? Int == 3_992)
        try Binary.run("eval", store, "--queries", queries, "--run", folder.path("killed.run"), "--recall", "exact")
        #expect(try folder.read("killed.run") == folder.read("expected.run"))
        #expect(try folder.read("rejects.tsv") == folder.read("expected.tsv"))
    }

    @Test
    func `documents of a feed that pauses are committed without its end`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let pipe = Pipe()
        let running = try Binary.Running(["load", store, "-", "--batch-seconds", "0.1", "--quiet"], input: pipe)
        try pipe.fileHandleForWriting.write(contentsOf: Data(Inputs.lines(100).utf8))
        try Self.waitUntil { (try? Self.count(store)) == 100 }
        try pipe.fileHandleForWriting.write(contentsOf: Data(Inputs.lines(5, from: 100).utf8))
        try Self.waitUntil { (try? Self.count(store)) == 105 }
        try pipe.fileHandleForWriting.close()
        #expect(try running.finish().status == 0)
    }

    private static func count(_ store: String) throws -> Int? {
        guard FileManager.default.fileExists(atPath: store) else { return nil }
        return try Binary.run("stats", store, "--json").object()["documents"] as? Int
    }

    private static func waitUntil(_ condition: () -> Bool) throws {
        for _ in 0..<200 where !condition() { Thread.sleep(forTimeInterval: 0.05) }
        try #require(condition())
    }

    @Test
    func `documents without a vector are loaded on request, and exported as they were`() throws {
        let folder = TemporaryFolder()
        let (store, copy) = (folder.path("s.sparse"), folder.path("copy.sparse"))
        let text = """
            {"id": "bare", "content": "no vector", "tags": ["draft"], "attributes": {"year": 2024}}
            {"id": "empty", "vector": {}}
            {"id": "full", "vector": {"a": 1}}

            """
        let input = try folder.write("in.jsonl", text)
        let refused = try Binary.run("load", store, input, "--json")
        #expect(try refused.object()["rejected"] as? Int == 2)
        #expect(refused.errors.contains("the vector is missing"), "\(refused.errors)")
        #expect(refused.errors.contains("try --empty-vectors"), "\(refused.errors)")
        let loaded = try Binary.run("load", store, input, "--empty-vectors", "--json")
        #expect(try loaded.object()["rejected"] as? Int == 0, "\(loaded.errors)")
        #expect(try Binary.run("count", store, "--json").object()["count"] as? Int == 3)
        let counted = try Binary.run("count", store, "--where", "tag:draft AND year = 2024", "--json")
        #expect(try counted.object()["count"] as? Int == 1)
        let found = try Binary.run("search", store, "--terms", #"{"a": 1}"#, "--json").object()
        #expect((found["hits"] as? [[String: Any]])?.map { $0["id"] as? String } == ["full"])
        let document = try Binary.run("get", store, "bare", "--json").object()
        #expect((document["vector"] as? [String: Any])?.isEmpty == true)
        #expect(try Binary.run("verify", store, "--deep").status == 0)
        let exported = try Binary.run("export", store)
        let again = try Binary.run("load", copy, "-", "--empty-vectors", input: Data(exported.output.utf8))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try Binary.run("export", copy).output == exported.output)
    }
}
