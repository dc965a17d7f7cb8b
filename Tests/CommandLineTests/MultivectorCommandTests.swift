import Foundation
import TestSupport
import Testing

@testable import SparseStoreTool

@Suite("Token vectors on the command line")
struct MultivectorCommandTests {
    /// An array file as numpy.save writes it.
    static func npy(_ type: String, _ shape: String, _ values: [some FixedWidthInteger]) -> Data {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        let padded = text + String(repeating: " ", count: 117 - text.utf8.count) + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8))
        for value in values { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
        return data
    }

    /// Four documents of which the second best by terms is the best by tokens; the last has no token vectors.
    private func files(_ folder: TemporaryFolder) throws -> (documents: String, tokens: String, offsets: String) {
        let lines = (0..<4).map { "{\"id\": \"d\($0)\", \"vector\": {\"t\": \(4 - $0)}}\n" }.joined()
        let rows: [Float] = [0.5, 0, 0, 1, 1, 1, 0.25, 0]
        return (
            try folder.write("d.jsonl", lines),
            try folder.write("t.npy", Self.npy("<f4", "(4, 2)", rows.map(\.bitPattern))),
            try folder.write("o.npy", Self.npy("<i8", "(5,)", [0, 2, 3, 4, 4] as [Int64]))
        )
    }

    @Test(arguments: ["f16", "int8", "pq32"])
    func `load, stats, get, search and eval with every codec`(codec: String) throws {
        let folder = TemporaryFolder()
        let (documents, tokens, offsets) = try files(folder)
        let store = folder.path("s.sparse")
        let load = try Binary.run(
            "load", store, documents, "--multivectors", tokens, "--offsets", offsets, "--codec", codec, "--json")
        #expect(load.status == 0, "\(load.errors)")
        let kept = try #require(try Binary.run("stats", store, "--json").object()["multivectors"] as? [String: Any])
        #expect(kept["codec"] as? String == codec)
        #expect(kept["documents"] as? Int == 3 && kept["tokens"] as? Int == 4 && kept["dimension"] as? Int == 2)
        #expect(try Binary.run("stats", store).output.contains("codec"))
        let document = try Binary.run("get", store, "d1", "--multivector", "--json").object()
        let row = try #require((document["multivector"] as? [[Double]])?.first)
        #expect(row.count == 2 && abs(row[0] - 1) < 0.01)
        let queryTokens = try folder.write(
            "q.npy", Self.npy("<f4", "(1, 2)", [Float(1).bitPattern, Float(1).bitPattern]))
        let search = try Binary.run(
            "search", store, "--terms", #"{"t": 1}"#, "--rerank", "maxsim", "--query-multivectors", queryTokens,
            "--explain", "--json"
        ).object()
        let ids = (search["hits"] as? [[String: Any]])?.compactMap { $0["id"] as? String }
        #expect(ids == ["d1", "d0", "d2", "d3"])
        let stages = try #require(search["stages"] as? [[String: Any]])
        #expect(stages.last?["name"] as? String == "maxsim")
        #expect(stages.last?["scored"] as? Int == 3)
        // The query's token vectors in the file of queries.
        let queries = try folder.write("q.jsonl", #"{"id": "q", "vector": {"t": 1}, "multivector": [[1, 1]]}"# + "\n")
        let qrels = try folder.write("q.tsv", "q d1 1\n")
        let plain = try Binary.run("eval", store, "--queries", queries, "--qrels", qrels, "--json").object()
        let better = try Binary.run(
            "eval", store, "--queries", queries, "--qrels", qrels, "--rerank", "maxsim", "--candidates", "3", "--alpha",
            "0.9", "--beta", "2", "--json"
        ).object()
        #expect(plain["mrr"] as? Double == 0.5 && better["mrr"] as? Double == 1)
    }

    @Test
    func `a store changes its codec with a later load`() throws {
        let folder = TemporaryFolder()
        let (documents, tokens, offsets) = try files(folder)
        let store = folder.path("s.sparse")
        _ = try Binary.run("load", store, documents, "--multivectors", tokens, "--offsets", offsets)
        let more = try folder.write(
            "more.jsonl", #"{"id": "m", "vector": {"t": 1}, "multivector": [[3, 4], [5, 6]]}"# + "\n")
        #expect(try Binary.run("load", store, more, "--codec", "int8").status == 0)
        let kept = try #require(try Binary.run("stats", store, "--json").object()["multivectors"] as? [String: Any])
        #expect(kept["codec"] as? String == "int8" && kept["outdated"] as? Int == 0 && kept["tokens"] as? Int == 6)
        // Another dimension is a reject of that line.
        let wrong = try folder.write("wrong.jsonl", #"{"id": "w", "vector": {"t": 1}, "multivector": [[1]]}"# + "\n")
        let load = try Binary.run("load", store, wrong)
        #expect(load.status == 2)
        #expect(load.errors.contains("1 dimensions"))
    }

    @Test
    func `what does not belong together is refused with a reason`() throws {
        let folder = TemporaryFolder()
        let (documents, tokens, offsets) = try files(folder)
        let store = folder.path("s.sparse")
        #expect(try Binary.run("load", store, documents, "--multivectors", tokens).status == 1)
        let short = try folder.write("short.npy", Self.npy("<i8", "(2,)", [0, 4] as [Int64]))
        let load = try Binary.run("load", store, documents, "--multivectors", tokens, "--offsets", short)
        #expect(load.status == 2)
        #expect(load.errors.contains("belongs to the input"))
        #expect(try Binary.run("load", store, documents, "--multivectors", tokens, "--offsets", offsets).status == 0)
        #expect(try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--alpha", "0.1").status == 1)
        let none = try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--rerank", "maxsim")
        #expect(none.status == 2)
        #expect(none.errors.contains("--query-multivectors"))
        let wide = try folder.write("w.npy", Self.npy("<f4", "(1, 3)", [0, 0, 0] as [UInt32]))
        let wrong = try Binary.run(
            "search", store, "--terms", #"{"t": 1}"#, "--rerank", "maxsim", "--query-multivectors", wide)
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("3 dimensions"))
    }
}
