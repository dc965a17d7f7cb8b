import Foundation
import TestSupport
import Testing

@Suite("The command contract, called as others call it")
struct ContractTests {
    @Test
    func `load, eval, search, stats, get and remove on the sample collection`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let loaded = try Binary.run("load", store, Inputs.sample("documents.jsonl.zst"), "--json")
        #expect(loaded.status == 0, "\(loaded.errors)")
        let summary = try loaded.object()
        #expect(summary["documents"] as? Int == 240)
        #expect(summary["rejected"] as? Int == 0)
        #expect(summary["complete"] as? Bool == true)
        #expect((summary["file_bytes"] as? Int ?? 0) > 100_000)
        #expect((summary["bytes_per_document"] as? Double ?? 0) > 100)
        #expect(summary["seconds"] is Double && summary["documents_per_second"] is Double)

        let evaluated = try Binary.run(
            "eval", store, "--queries", Inputs.sample("queries.jsonl"), "--truth", Inputs.sample("truth.bin"),
            "--qrels", Inputs.sample("qrels.tsv"), "--run", folder.path("run.trec"), "--recall", "exact", "--json")
        #expect(evaluated.status == 0, "\(evaluated.errors)")
        let figures = try evaluated.object()
        #expect(figures["queries"] as? Int == 50)
        #expect(figures["limit"] as? Int == 10)
        #expect(figures["recall"] as? Double == 1)
        #expect(figures["exact"] as? Int == 50)
        #expect((figures["score_error"] as? Double ?? 1) < 1e-4)
        #expect((figures["ndcg"] as? Double ?? 0) > 0.9)
        #expect((figures["mrr"] as? Double ?? 0) > 0.9)
        for key in ["mean_us", "p50_us", "p99_us", "documents_scored"] {
            #expect((figures[key] as? Double ?? 0) > 0, "\(key)")
        }
        let run = try folder.read("run.trec").split(separator: "\n").map { $0.split(separator: " ") }
        #expect(run.count == 500)
        #expect(run.allSatisfy { $0.count == 6 && $0[1] == "Q0" && Double($0[4]) != nil })

        let stats = try Binary.run("stats", store, "--json").object()
        #expect(stats["documents"] as? Int == 240)
        #expect(stats["nonzeros"] as? Int == 52_679)
        #expect((stats["terms"] as? Int ?? 0) > 5_000)
        for key in ["file_bytes", "live_bytes", "generation"] { #expect((stats[key] as? Int ?? 0) > 0, "\(key)") }
        let segments = try #require(stats["segments"] as? [[String: Any]])
        #expect(segments.allSatisfy { $0["kind"] is String && $0["documents"] is Int && $0["bytes"] is Int })

        let found = try Binary.run(
            "search", store, "--terms", #"{"panthers": 1.2, "defense": 0.8}"#, "--limit", "3", "--explain", "--json"
        ).object()
        let hits = try #require(found["hits"] as? [[String: Any]])
        #expect(hits.count == 3)
        #expect(hits[0]["id"] as? String == "0")
        #expect((hits[0]["payload"] as? String)?.hasPrefix("The Panthers defense") == true)
        let contributions = try #require(hits[0]["contributions"] as? [[String: Any]])
        #expect(contributions.contains { $0["term"] as? String == "panthers" })
        #expect(found["counters"] is [String: Any])

        let document = try Binary.run("get", store, "3", "--json").object()
        #expect(document["id"] as? String == "3")
        #expect((document["vector"] as? [String: Double])?.count == 105)
        #expect(try Binary.run("remove", store, "3").status == 0)
        #expect(try Binary.run("get", store, "3").status == 2)
        #expect(try Binary.run("stats", store, "--json").object()["documents"] as? Int == 239)
    }

    @Test
    func `CSR from a file, from standard input and with JSON queries in numbers`() throws {
        let folder = TemporaryFolder()
        let rows: [[(UInt32, Float)]] = [[(1, 1), (2, 2)], [(2, 1)], [], [(2, 3), (7, 1)]]
        let file = try folder.write("docs.csr", Inputs.csr(rows))
        let queries = try folder.write("queries.csr", Inputs.csr([[(2, 1)], [], [(7, 2)]]))
        let truth = try folder.write(
            "gt.bin", Inputs.truth([[3, 0, 1], [0, 1, 2], [3, 0, 1]], [[3, 2, 1], [0, 0, 0], [2, 0, 0]]))
        for (name, arguments, input) in [
            ("file", [file], nil), ("stdin", ["-", "--format", "csr"], Inputs.csr(rows)),
            ("told", ["-"], Inputs.csr(rows)),
        ] as [(String, [String], Data?)] {
            let store = folder.path(name)
            let loaded = try Self.load(store, arguments, input: input)
            #expect(loaded.status == 0)
            #expect(loaded.errors.contains("rejected row 2"))
            let figures = try Binary.run(
                "eval", store, "--queries", queries, "--truth", truth, "--limit", "3", "--json"
            ).object()
            #expect(figures["recall"] as? Double == 1)
            #expect(figures["queries"] as? Int == 3)
        }
        let store = folder.path("file")
        let found = try Binary.run("search", store, "--terms", #"{"2": 1}"#, "--json").object()
        #expect((found["hits"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ["3", "0", "1"])
        let mismatch = try Binary.run("search", store, "--terms", #"{"swift": 1}"#)
        #expect(mismatch.status == 2)
        #expect(try Binary.run("load", store, "-", input: Data(Inputs.lines(3).utf8)).status == 2)
    }

    private static func load(_ store: String, _ arguments: [String], input: Data?) throws -> Binary.Result {
        // `run` takes its arguments one by one.
        if arguments.count == 1 { return try Binary.run("load", store, arguments[0], input: input) }
        return try Binary.run("load", store, arguments[0], arguments[1], arguments[2], input: input)
    }

    @Test
    func `weightings: none, idf, and tables by number and by name`() throws {
        let folder = TemporaryFolder()
        let numbers = folder.path("numbers")
        let file = try folder.write("docs.csr", Inputs.csr([[(0, 1), (1, 1)], [(0, 2)], [(0, 3)]]))
        try Binary.run("load", numbers, file)
        func first(_ store: String, _ terms: String, _ weighting: String) throws -> (String?, Double?) {
            let result = try Binary.run("search", store, "--terms", terms, "--weighting", weighting, "--json")
            let hit = (try result.object()["hits"] as? [[String: Any]])?.first
            return (hit?["id"] as? String, hit?["score"] as? Double)
        }
        #expect(try first(numbers, #"{"0": 1, "1": 1}"#, "none") == ("2", 3))
        #expect(try first(numbers, #"{"0": 1, "1": 1}"#, "idf").0 == "0")
        let floats = [Float(1), 5].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
        let table = try folder.write("idf.f32", Data(floats))
        #expect(try first(numbers, #"{"0": 1, "1": 1}"#, "table:\(table)") == ("0", 6))

        let names = folder.path("names")
        try Binary.run("load", names, "-", input: Data(#"{"id": 1, "vector": {"b": 1, "a": 2}}"#.utf8))
        let byName = try folder.write("idf.json", #"{"a": 10, "b": 1, "unknown": 3}"#)
        #expect(try first(names, #"{"a": 1, "b": 1}"#, "table:\(byName)") == ("1", 21))
        let refused = try Binary.run("search", names, "--terms", #"{"a": 1}"#, "--weighting", "table:\(table)")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("the terms of this store are strings"))
    }

    @Test
    func `exit codes and one clear line for what goes wrong`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let good = try folder.write("good.jsonl", Inputs.lines(3))
        try Binary.run("load", store, good)
        let notAStore = try folder.write("text", String(repeating: "this is not a store\n", count: 1_000))
        let cases: [([String], Int32)] = [
            ([], 0), (["--help"], 0), (["load", "--help"], 0), (["help", "eval"], 0), (["--version"], 0),
            (["nonsense"], 1), (["load", store], 1), (["eval", store], 1), (["search", store], 1), (["stats"], 1),
            (["search", store, "--terms", "{}", "--limit", "0"], 1),
            (["search", store, "--terms", "{}", "--recall", "2"], 1),
            (["load", store, good, "--format", "xml"], 1), (["load", store, good, "--payload", "vector"], 1),
            (["load", store, folder.path("missing")], 2), (["stats", folder.path("missing")], 2),
            (["search", store, "--terms", "not json"], 2), (["search", store, "--terms", "{}"], 2),
            (["get", store, "nothing"], 2), (["remove", store, "nothing"], 2), (["stats", notAStore], 2),
            (["eval", store, "--queries", notAStore], 2),
            (["eval", store, "--queries", good, "--truth", notAStore], 2),
            (["eval", store, "--queries", good, "--qrels", notAStore], 2),
            (["search", store, "--queries", good, "--query", "77"], 2),
            (["load", store, good, "--rejects", good], 1), (["load", store, good, "--rejects", store], 1),
            (["eval", store, "--queries", good, "--fuse", notAStore], 2),
            (["eval", store, "--queries", good, "--fuse", folder.path("missing")], 2),
            (["eval", store, "--queries", good, "--fuse-method", "rrf"], 1),
            (["eval", store, "--queries", good, "--fuse", good, "--fuse-weight", "0.5"], 1),
            (["eval", store, "--queries", good, "--fuse", good, "--run", good], 2),
            (["search", store, "--terms", "{}", "--fuse", good], 1), (["search", store, "--terms", "{}", "--all"], 1),
            (["search", store, "--queries", good, "--all", "--query", "1"], 1),
            (["search", store, "--queries", good, "--threads", "2"], 1),
            (["search", store, "--queries", good, "--all", "--threads", "0"], 1),
            (["search", store, "--queries", good, "--all", "--feedback", "docs=1"], 1),
            (["search", store, "--terms", "{}", "--feedback", "docs=0"], 1),
            (["search", store, "--terms", "{}", "--plain-seismic", "cut=0"], 1),
            (["search", store, "--terms", #"{"t1": 1}"#, "--plain-seismic", "cut=8,heap=0.9"], 2),
            (["build", store, "--postings", "many"], 1), (["build", store, "--blocks", "--postings", "0"], 2),
            (["eval", store, "--queries", good, "--run", store], 1),
            (["eval", store, "--queries", good, "--run", good], 1),
        ]
        for (arguments, status) in cases {
            let result = try Binary.Running(arguments).finish()
            #expect(result.status == status, "\(arguments): \(result.errors)")
            if status == 0 {
                #expect(!result.output.isEmpty, "\(arguments)")
                #expect(result.errors.isEmpty, "\(arguments)")
            } else {
                let lines = result.errors.split(separator: "\n")
                #expect(lines.count == 1 && lines[0].hasPrefix("sparsestore: "), "\(arguments): \(result.errors)")
                #expect(!result.errors.contains("defect"), "\(arguments): \(result.errors)")
            }
        }
        #expect(!folder.exists("missing"))
    }

    @Test(arguments: [
        "load", "eval", "search", "stats", "get", "remove", "verify", "repair", "backup", "restore", "migrate",
        "export",
    ])
    func `every command explains itself with examples`(command: String) throws {
        let text = try Binary.run(command, "--help").output
        #expect(text.contains("EXAMPLES:"))
        #expect(text.contains("sparsestore \(command) "))
    }

    @Test
    func `removing several: the missing are named, the others go`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        try Binary.run("load", store, "-", input: Data(Inputs.lines(5).utf8))
        let result = try Binary.run("remove", store, "1", "77", "3", "--json")
        #expect(result.status == 2)
        #expect(result.errors.contains("'77'"))
        #expect(try result.object()["removed"] as? [String] == ["1", "3"])
        #expect(try result.object()["missing"] as? [String] == ["77"])
        #expect(try Binary.run("stats", store, "--json").object()["documents"] as? Int == 3)
    }

    @Test
    func `a filter keeps to the documents whose tags fulfil it; one that cannot be read is wrong usage`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let lines = [("1", #""a""#), ("2", #""a", "b""#), ("3", "")].map {
            "{\"id\": \($0), \"vector\": {\"x\": \($0)}, \"tags\": [\($1)]}\n"
        }
        try Binary.run("load", store, "-", input: Data(lines.joined().utf8))
        func ids(_ filter: String) throws -> [String] {
            let result = try Binary.run("search", store, "--terms", #"{"x": 1}"#, "--filter", filter, "--json")
            return try #require(try result.object()["hits"] as? [[String: Any]]).compactMap { $0["id"] as? String }
        }
        #expect(try ids("tag:a") == ["2", "1"])
        #expect(try ids("tag:a AND NOT tag:b") == ["1"])
        #expect(try ids("NOT tag:a") == ["3"])
        #expect(try Binary.run("search", store, "--terms", #"{"x": 1}"#, "--filter", "tag:a AND").status == 1)
    }

    @Test
    func `feedback and fusion: eval reports the stages, a run fused with itself keeps its order`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let queries = Inputs.sample("queries.jsonl")
        try Binary.run("load", store, Inputs.sample("documents.jsonl.zst"))
        func evaluate(_ run: String, _ more: [String]) throws -> [String: Any] {
            let result = try Binary.Running(
                ["eval", store, "--queries", queries, "--qrels", Inputs.sample("qrels.tsv"), "--recall", "exact"]
                    + ["--run", folder.path(run), "--json"] + more
            ).finish()
            #expect(result.status == 0, "\(result.errors)")
            return try result.object()
        }
        func ids(_ run: String) throws -> [Substring] {
            try folder.read(run).split(separator: "\n").map { $0.split(separator: " ")[2] }
        }
        let plain = try evaluate("plain.trec", [])
        #expect(plain["stages"] == nil)
        let fused = try evaluate("fused.trec", ["--fuse", folder.path("plain.trec"), "--fuse-method", "minmax"])
        #expect(fused["ndcg"] as? Double == plain["ndcg"] as? Double)
        #expect(try ids("fused.trec") == ids("plain.trec"))
        let moved = try evaluate(
            "moved.trec",
            ["--feedback", "docs=3,terms=10", "--fuse", folder.path("plain.trec"), "--threads", "2"])
        let stages = try #require(moved["stages"] as? [[String: Any]])
        #expect(stages.compactMap { $0["name"] as? String } == ["search", "feedback", "fuse"])
        #expect(stages[1]["candidates"] as? Double == 3)
        #expect(try ids("moved.trec") != ids("plain.trec"))

        let found = try Binary.run(
            "search", store, "--queries", queries, "--feedback", "docs=3", "--explain", "--json"
        ).object()
        let hit = try #require((found["hits"] as? [[String: Any]])?.first)
        #expect((hit["stage_scores"] as? [Any])?.count == 2)
        #expect((found["stages"] as? [[String: Any]])?.count == 2)
        let text = try Binary.run("search", store, "--queries", queries, "--feedback", "docs=3", "--explain").output
        #expect(text.contains("stage feedback"))
        #expect(text.contains("   scored "))
    }

    @Test(arguments: [1, 3])
    func `every query of a file: a line for each in its order, the same for any number of threads`(threads: Int) throws
    {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let queries = Inputs.sample("queries.jsonl")
        try Binary.run("load", store, Inputs.sample("documents.jsonl.zst"))
        func search(_ more: String...) throws -> Binary.Result {
            try Binary.Running(["search", store, "--queries", queries, "--recall", "exact"] + more).finish()
        }
        let found = try search("--all", "--threads", "\(threads)", "--limit", "3", "--json")
        #expect(found.status == 0, "\(found.errors)")
        #expect(found.errors.isEmpty, "\(found.errors)")
        let lines = try found.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.count == 50)
        for line in [lines[0], lines[17], lines[49]] {
            let id = try #require(line["id"] as? String)
            let alone = try search("--query", id, "--limit", "3", "--json").object()
            for key in ["hits", "query", "exact", "generation"] {
                #expect(line[key] as? NSObject == alone[key] as? NSObject && line[key] != nil, "\(key)")
            }
        }
        let text = try search("--all", "--limit", "1").output
        #expect(text.contains("Query \(lines[49]["id"] ?? "")"))
        #expect(text.contains("1. "))

        let some = try folder.write(
            "some.jsonl", #"{"id": "a", "vector": {"defense": 1}}"# + "\n" + #"{"id": "b", "vector": {}}"#)
        let silent = try Binary.run("search", store, "--queries", some, "--all", "--json")
        #expect(silent.status == 0)
        #expect(silent.output.split(separator: "\n").count == 1)
        #expect(silent.errors.contains("1 of the queries"))
    }

    @Test
    func `threads give the same figures as one, and a warm-up changes nothing but times`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        try Binary.run("load", store, Inputs.sample("documents.jsonl.zst"))
        func figures(_ threads: String, _ more: String) throws -> [String: Any] {
            try Binary.run(
                "eval", store, "--queries", Inputs.sample("queries.jsonl"), "--truth", Inputs.sample("truth.bin"),
                "--qrels",
                Inputs.sample("qrels.tsv"), "--threads", threads, more, "--json"
            ).object()
        }
        let one = try figures("1", "--recall=exact")
        for other in [try figures("3", "--recall=exact"), try figures("1", "--warmup")] {
            for key in ["recall", "ndcg", "mrr", "queries"] {
                #expect(one[key] as? Double == other[key] as? Double, "\(key)")
            }
        }
    }
}
