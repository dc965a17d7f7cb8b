import Foundation
import TestSupport
import Testing

@Suite("Nothing that does not fit an evaluation is left out without a word")
struct EvaluationInputTests {
    /// A store of two documents, and queries for it.
    private struct Place {
        let folder: TemporaryFolder
        let store: String

        init() throws {
            folder = TemporaryFolder()
            store = folder.path("s.sparse")
            let lines = #"{"id": "1", "vector": {"x": 3}}"# + "\n" + #"{"id": "2", "vector": {"x": 2, "y": 1}}"# + "\n"
            try Binary.run("load", store, "-", input: Data(lines.utf8))
            _ = try folder.write("q.jsonl", #"{"id": "q1", "vector": {"x": 1}}"# + "\n")
            _ = try folder.write(
                "two.jsonl", #"{"id": "q1", "vector": {"x": 1}}"# + "\n" + #"{"id": "q2", "vector": {"y": 1}}"# + "\n")
            _ = try folder.write("same.jsonl", String(repeating: #"{"id": "q1", "vector": {"x": 1}}"# + "\n", count: 2))
        }

        func eval(_ queries: String, _ arguments: String...) throws -> Binary.Result {
            try Binary.Running(["eval", store, "--queries", folder.path(queries)] + arguments).finish()
        }
    }

    @Test
    func `two queries of one id are refused where ids matter, and mentioned elsewhere`() throws {
        let place = try Place()
        let qrels = try place.folder.write("qrels", "q1 0 1 1\n")
        let run = place.folder.path("run")
        for arguments in [
            ["--qrels", qrels], ["--run", run], ["--fuse", try place.folder.write("r", "q1 Q0 1 1 1 t\n")],
        ] {
            let result = try place.eval("same.jsonl", arguments[0], arguments[1])
            #expect(result.status == 2, "\(arguments)")
            #expect(result.errors.contains("queries 1 and 2"), "\(result.errors)")
        }
        #expect(!place.folder.exists("run"))
        let alone = try place.eval("same.jsonl")
        #expect(alone.status == 0)
        #expect(alone.errors.contains("queries 1 and 2"))
        let one = try Binary.run("search", place.store, "--queries", place.folder.path("same.jsonl"), "--query", "q1")
        #expect(one.errors.contains("running the first"))
        let all = try Binary.run("search", place.store, "--queries", place.folder.path("same.jsonl"), "--all")
        #expect(all.errors.contains("queries 1 and 2"))
    }

    @Test
    func `contradicting judgments are refused, repeated and unasked ones counted`() throws {
        let place = try Place()
        let contradicting = try place.eval("q.jsonl", "--qrels", place.folder.write("a", "q1 0 1 1\nq1 0 1 0\n"))
        #expect(contradicting.status == 2)
        #expect(contradicting.errors.contains("line 2"))
        let result = try place.eval("q.jsonl", "--qrels", place.folder.write("b", "q1 0 1 1\nq1 0 1 1.0\nq9 0 1 1\n"))
        #expect(result.status == 0)
        #expect(result.errors.contains("1 judgments appear twice"), "\(result.errors)")
        #expect(result.errors.contains("1 queries judged"), "\(result.errors)")
    }

    @Test
    func `a run of other queries is refused, and what does not fit of one is counted`() throws {
        let place = try Place()
        for text in ["", "9 Q0 1 1 9 t\n"] {
            let result = try place.eval("q.jsonl", "--fuse", place.folder.write("r", text))
            #expect(result.status == 2)
            #expect(result.errors.contains("none of the 1 queries"), "\(result.errors)")
        }
        let documents = try place.eval("q.jsonl", "--fuse", place.folder.write("r", "q1 Q0 doc-2 1 9 t\n"))
        #expect(documents.status == 0)
        #expect(documents.errors.contains("1 documents ranked"), "\(documents.errors)")
        let partly = try place.eval("two.jsonl", "--fuse", place.folder.write("r", "q1 Q0 1 1 9 t\nq9 Q0 1 1 9 t\n"))
        #expect(partly.status == 0)
        #expect(partly.errors.contains("no ranking for 1"), "\(partly.errors)")
        #expect(partly.errors.contains("1 queries in"), "\(partly.errors)")
        let good = try place.eval("q.jsonl", "--fuse", place.folder.write("r", "q1 Q0 2 1 9 t\n"))
        #expect(good.status == 0)
        #expect(good.errors.isEmpty)
    }

    @Test
    func `a truth of other queries or of another collection is noticed`() throws {
        let place = try Place()
        func eval(_ rows: [[UInt32]], _ scores: [[Float]]) throws -> Binary.Result {
            try place.eval(
                "q.jsonl", "--truth", try place.folder.write("gt", Inputs.truth(rows, scores)), "--limit", "2")
        }
        let other = try eval([[7, 8]], [[9, 8]])
        #expect(other.status == 2)
        #expect(other.errors.contains("none of the documents"))
        let partly = try eval([[1, 8]], [[3, 2]])
        #expect(partly.errors.contains("1 of the 2 documents"), "\(partly.errors)")
        let more = try eval([[1, 2], [1, 2]], [[3, 2], [3, 2]])
        #expect(more.status == 0)
        #expect(more.errors.contains("the truth answers 2 queries"), "\(more.errors)")
        let scores = try eval([[1, 2]], [[8, 2]])
        #expect(scores.errors.contains("scores differ"), "\(scores.errors)")
        let good = try eval([[1, 2]], [[3, 2]])
        #expect(good.errors.isEmpty, "\(good.errors)")
    }

    @Test
    func `a bad weight has a way out in documents and in queries`() throws {
        let place = try Place()
        let line = #"{"id": "n", "vector": {"x": 1, "z": -0.001, "y": null}}"# + "\n"
        let refused = try Binary.run("load", place.store, "-", "--no-build", input: Data((line + Inputs.lines(1)).utf8))
        #expect(refused.errors.contains("1 of the rejected have a bad weight; --drop-bad-weights"), "\(refused.errors)")
        let loaded = try Binary.run("load", place.store, "-", "--drop-bad-weights", "--json", input: Data(line.utf8))
        #expect(try loaded.object()["documents"] as? Int == 1)
        #expect(try loaded.object()["dropped_weights"] as? Int == 2)
        #expect(try loaded.object()["replaced"] as? Int == 0)
        let again = try Binary.run(
            "load", place.store, "-", "--drop-bad-weights", "--json", input: Data((line + line).utf8))
        #expect(try again.object()["replaced"] as? Int == 2)
        // The weights of queries may be negative.
        let queries = try place.folder.write("bad.jsonl", line)
        let failed = try place.eval("bad.jsonl")
        #expect(failed.status == 2)
        #expect(failed.errors.contains("--drop-bad-weights"))
        for command in [["eval"], ["search", "--all"], ["tune"]] {
            let result = try Binary.Running(
                [command[0], place.store, "--queries", queries, "--drop-bad-weights"] + command.dropFirst()
            ).finish()
            #expect(result.status == 0, "\(command): \(result.errors)")
            #expect(result.errors.contains("left 1 bad weights out"), "\(command): \(result.errors)")
        }
    }
}
