import Foundation
import TestSupport
import Testing

@testable import SparseStoreTool

@Suite("Texts on the command line")
struct TextCommandTests {
    private static let texts = """
        {"id": "engine", "body": "Small engines are running in the hall", "vector": {"ignored": 1}}
        {"id": 7, "body": "The hall is large", "tags": ["room"]}
        {"id": "nothing", "body": "the ..."}
        {"id": "garden", "body": "A garden with trees"}

        """

    private func loaded(_ folder: TemporaryFolder) throws -> String {
        let store = folder.path("s.sparse")
        let input = try folder.write("d.jsonl", Self.texts)
        let load = try Binary.run(
            "load", store, input, "--text", "body", "--encoder", "bm25:english", "--json")
        #expect(load.status == 0, "\(load.errors)")
        let summary = try load.object()
        #expect(summary["documents"] as? Int == 3)
        #expect(summary["rejected"] as? Int == 1)
        return store
    }

    private func ids(_ result: Binary.Result) throws -> [String] {
        try #require(result.object()["hits"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    }

    @Test
    func `a store of texts is asked in plain words and shows what matched`() throws {
        let folder = TemporaryFolder()
        let store = try loaded(folder)
        #expect(try ids(Binary.run("search", store, "running engine", "--json")) == ["engine"])
        #expect(try Set(ids(Binary.run("search", store, "halls", "--json"))) == ["engine", "7"])
        #expect(try ids(Binary.run("search", store, "halls", "--filter", "tag:room", "--json")) == ["7"])
        let shown = try Binary.run("search", store, "running engine", "--highlight")
        #expect(shown.output.contains("[engines] are [running]"), "\(shown.output)")
        let hit = try #require(
            Binary.run("search", store, "engine", "--highlight", "--json").object()["hits"] as? [[String: Any]]
        ).first
        let match = try #require((hit?["matches"] as? [[String: Int]])?.first)
        #expect(match == ["begin": 6, "end": 13])
    }

    @Test
    func `a question without a term finds nothing and says why`() throws {
        let folder = TemporaryFolder()
        let result = try Binary.run("search", try loaded(folder), "the of")
        #expect(result.status == 0)
        #expect(result.errors.contains("no term"))
    }

    @Test
    func `another encoder is refused, for questions and for documents, with both names`() throws {
        let folder = TemporaryFolder()
        let store = try loaded(folder)
        let asked = try Binary.run("search", store, "hall", "--encoder", "bm25:german")
        #expect(asked.status == 2)
        #expect(asked.errors.contains("bm25:english"))
        #expect(asked.errors.contains("bm25:german"))
        let loaded = try Binary.run(
            "load", store, folder.path("d.jsonl"), "--text", "body", "--encoder", "bm25:german")
        #expect(loaded.status == 2)
        #expect(loaded.errors.contains("bm25:english"))
    }

    @Test
    func `eval asks questions of a file, as JSON Lines or with tabs`() throws {
        let folder = TemporaryFolder()
        let store = try loaded(folder)
        let tabs = try folder.write("q.tsv", "a\trunning engine\nb\tgardens\n")
        let lines = try folder.write(
            "q.jsonl", #"{"id": "a", "text": "running engine"}"# + "\n" + #"{"id": "b", "text": "gardens"}"# + "\n")
        let qrels = try folder.write("qrels.tsv", "a engine 1\nb garden 1\n")
        for queries in [tabs, lines] {
            let run = folder.path("run.trec")
            let result = try Binary.run(
                "eval", store, "--queries", queries, "--qrels", qrels, "--run", run, "--recall", "exact")
            #expect(result.status == 0, "\(result.errors)")
            let answers = try folder.read("run.trec").split(separator: "\n").map { $0.split(separator: " ")[2] }
            #expect(answers == ["engine", "garden"])
            try FileManager.default.removeItem(atPath: run)
        }
    }

    @Test
    func `encode prints the weights of each line`() throws {
        let folder = TemporaryFolder()
        let input = try folder.write("lines.txt", "Engines, engines running\n\n\u{4F60}\u{597D}\n")
        let words = try Binary.run("encode", input, "--encoder", "bm25:english")
        #expect(words.output == "{\"engin\": 2.0, \"run\": 1.0}\n{}\n{\"\u{4F60}\": 1.0, \"\u{597D}\": 1.0}\n")
        let vocabulary = try folder.write("vocab.txt", "[UNK]\nengine\n##s\nrunning\n,\n")
        let table = try folder.write("idf.json", ###"{"engine": 2.5, "##s": 0.5, "running": 1, "[UNK]": 9}"###)
        let pieces = try Binary.run("encode", input, "--encoder", "wordpiece:\(vocabulary),\(table)")
        #expect(pieces.output == "{\"##s\": 0.5, \"engine\": 2.5, \"running\": 1.0}\n{}\n{}\n")
    }

    @Test(arguments: ["bm25", "bm25:klingon", "wordpiece:", "splade:x"])
    func `encoders that do not exist are refused`(_ name: String) throws {
        let result = try Binary.run("encode", "--encoder", name)
        #expect(result.status == (name == "bm25:klingon" ? 2 : 1))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test
    func `a store of vectors is asked in plain words through its model's vocabulary`() throws {
        let folder = TemporaryFolder()
        let vocabulary = try folder.write("vocab.txt", "[UNK]\nengine\n##s\nhall\n")
        let table = try folder.write("idf.json", ###"{"engine": 2.5, "##s": 0.5, "hall": 1}"###)
        let encoder = "wordpiece:\(vocabulary),\(table)"
        let input = try folder.write(
            "d.jsonl", #"{"id": "a", "vector": {"engine": 1.5}}"# + "\n" + #"{"id": "b", "vector": {"hall": 2}}"# + "\n"
        )
        let store = folder.path("s.sparse")
        #expect(try Binary.run("load", store, input, "--encoder", encoder).status == 0)
        #expect(try ids(Binary.run("search", store, "Engines", "--encoder", encoder, "--json")) == ["a"])
        // Without its files the encoder cannot be made again.
        let without = try Binary.run("search", store, "Engines")
        #expect(without.status == 2)
        #expect(without.errors.contains("wordpiece"))
    }

    /// Lines whose texts have a word of their own each.
    private static func many(_ count: Int) -> String {
        (0..<count).map { number in
            #"{"id": "t\#(number)", "body": "engine number\#(number) runs in hall\#(number % 7)", "title": "x"}"# + "\n"
        }.joined()
    }

    @Test
    func `a load of texts that is killed at any moment and resumed ends with the same scores`() throws {
        let folder = TemporaryFolder()
        let input = try folder.write("d.jsonl", Self.many(3_000))
        let words = ["--text", "body", "--encoder", "bm25:english"]
        let (expected, store) = (folder.path("expected"), folder.path("killed"))
        #expect(try Binary.run(["load", expected, input, "--quiet"] + words).status == 0)
        var kills = 0
        for round in 0..<40 {
            let running = try Binary.Running(["load", store, input, "--resume", "--batch", "100"] + words)
            Thread.sleep(forTimeInterval: round == 0 ? 0.02 : Double.random(in: 0.01...0.15))
            kill(running.process.processIdentifier, SIGKILL)
            let result = try running.finish()
            if result.status == 0 { break }
            kills += 1
            #expect(result.status == -SIGKILL, "round \(round): \(result.errors)")
        }
        #expect(kills > 0)
        let last = try Binary.run(["load", store, input, "--resume", "--json"] + words)
        #expect(try last.object()["store_documents"] as? Int == 3_000, "\(last.errors)")
        for question in ["running engine", "number77", "hall3 number5"] {
            // Scores too: BM25 counts each document and its length once.
            let hits = try [store, expected].map { path in
                let answer = try Binary.run("search", path, question, "--recall", "exact", "--limit", "50", "--json")
                return try JSONSerialization.data(withJSONObject: answer.object()["hits"] ?? [], options: .sortedKeys)
            }
            #expect(hits[0] == hits[1], "\(question)")
        }
    }

    @Test
    func `a load of texts does not go on with another field, with none, or with another encoder`() throws {
        let folder = TemporaryFolder()
        let input = try folder.write("d.jsonl", Self.many(50))
        let store = folder.path("s.sparse")
        #expect(
            try Binary.run("load", store, input, "--text", "body", "--encoder", "bm25:english", "--quiet").status == 0)
        let title = try Binary.run("load", store, input, "--resume", "--text", "title", "--encoder", "bm25:english")
        #expect(title.status == 2)
        #expect(title.errors.contains("--text body, not with --text title"), "\(title.errors)")
        let none = try Binary.run("load", store, input, "--resume")
        #expect(none.status == 2)
        #expect(none.errors.contains("without --text"), "\(none.errors)")
        let german = try Binary.run("load", store, input, "--resume", "--text", "body", "--encoder", "bm25:german")
        #expect(german.status == 2)
        #expect(german.errors.contains("bm25:german"), "\(german.errors)")
        #expect(
            try Binary.run("load", store, input, "--resume", "--text", "body", "--encoder", "bm25:english").status == 0)
    }
}
