import Foundation
import SparseStore
import TestSupport
import Testing

@testable import SparseStoreTool

@Suite("Block indexes on the command line")
struct BlockCommandTests {
    @Test
    func `load --blocks makes one at its end, and not where nothing is to be built`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let input = Data(Inputs.lines(600).utf8)
        #expect(try Binary.run("load", store, "-", "--quiet", "--blocks", "--no-build", input: input).status != 0)
        #expect(try Binary.run("load", store, "-", "--quiet", "--blocks", input: input).status == 0)
        let blocks = try #require(try Binary.run("stats", store, "--json").object()["blocks"] as? [String: Any])
        #expect(blocks["documents"] as? Int == 600)
        #expect(try Binary.run("verify", store, "--deep").status == 0)
    }

    @Test
    func `only build makes one by itself, and options decide`() throws {
        #expect(BuildCommand.blocks == .whenItPays)
        #expect(FillOptions.blocks == .never)
        for automatic in [BlockChoice.whenItPays, .never] {
            #expect(BlockChoice(asked: nil, otherwise: automatic) == automatic)
            #expect(BlockChoice(asked: true, otherwise: automatic) == .always)
            #expect(BlockChoice(asked: false, otherwise: automatic) == .never)
        }
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let input = Data(Inputs.lines(20).utf8)
        #expect(try Binary.run("load", store, "-", "--quiet", "--no-blocks", "--no-build", input: input).status == 0)
        #expect(try Binary.run("build", store, "--no-blocks").status == 0)
        #expect(try Binary.run("build", store).status == 0)
        #expect(try Binary.run("stats", store, "--json").object()["blocks"] is NSNull)
    }

    @Test
    func `one is built from two million documents on, where it is possible and has something new`() {
        func isBuilt(
            _ documents: Int, terms: Int = 30_000, inBlocks: Int = 0, usesBM25: Bool = false,
            _ choice: BlockChoice = .whenItPays
        ) -> Bool {
            choice.isBuilt(
                for: BlockChoice.Facts(
                    documents: documents, terms: terms, documentsInBlocks: inBlocks, usesBM25: usesBM25))
        }
        #expect(isBuilt(2_000_000))
        #expect(!isBuilt(1_999_999))
        #expect(isBuilt(2_000_001, inBlocks: 2_000_000))
        #expect(!isBuilt(2_000_000, inBlocks: 2_000_000))
        #expect(!isBuilt(2_000_000, usesBM25: true))
        #expect(isBuilt(2_000_000, terms: Limits.maximumBlockTerms))
        #expect(!isBuilt(2_000_000, terms: Limits.maximumBlockTerms + 1))
        #expect(isBuilt(5, .always))
        #expect(!isBuilt(5_000_000, .never))
    }

    @Test
    func `build --blocks makes one, searches name it, stats and verify know it, a build without leaves it`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let terms = #"{"t1": 1, "t9": 2, "t20": 0.5}"#
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(600).utf8))
        let before = try Binary.run("stats", store, "--json").object()
        #expect(before["blocks"] is NSNull)
        let early = try Binary.run("search", store, "--terms", terms, "--plain-seismic", "cut=8")
        #expect(early.status == 2)
        #expect(early.errors.contains("block index"))

        let built = try Binary.run("build", store, "--blocks", "--json")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try built.object()["documents"] as? Int == 600)
        func blocks() throws -> [String: Any] {
            try #require(try Binary.run("stats", store, "--json").object()["blocks"] as? [String: Any])
        }
        let known = try blocks()
        #expect(known["documents"] as? Int == 600 && known["documents_built"] as? Int == 600)
        #expect((known["bytes"] as? Int ?? 0) > 30_000 && known["terms"] as? Int == 31)
        #expect(try Binary.run("stats", store).output.contains("block index"))

        let found = try Binary.run(
            "search", store, "--terms", terms, "--plain-seismic", "cut=2,heap=0.7", "--explain", "--json"
        ).object()
        #expect(found["recall_asked"] as? String == "plain-seismic cut=2,heap=0.7")
        let plan = try #require(found["plan"] as? [String: Any])
        #expect(plan["block_lists"] as? Int == 2 && (plan["heap_factor"] as? NSNumber)?.floatValue == 0.7)
        #expect(plan["exact"] as? Bool == false && plan["effort"] is NSNull && plan["dropped_share"] is NSNull)
        let counters = try #require(found["counters"] as? [String: Int])
        for name in ["lists", "postings", "blocks", "documents_estimated", "lines", "documents_scored"] {
            #expect((counters[name] ?? 0) > 0, "\(name)")
        }
        #expect(counters["segments_scanned"] == 0 && counters["lists"] == 2)
        let text = try Binary.run("search", store, "--terms", terms, "--plain-seismic", "cut=9", "--explain").output
        #expect(text.contains("plain Seismic was requested"))
        #expect(text.contains("blocks"))
        #expect(text.contains("lines"))

        let questions = try folder.write("queries.jsonl", #"{"id": 1, "vector": {"t1": 1, "t9": 2}}"# + "\n")
        let figures = try Binary.run("eval", store, "--queries", questions, "--plain-seismic", "heap=0.5", "--json")
        #expect(figures.status == 0, "\(figures.errors)")
        #expect(try figures.object()["recall_asked"] as? String == "plain-seismic cut=8,heap=0.5")

        #expect(try Binary.run("verify", store, "--deep").status == 0)
        #expect(try Binary.run("remove", store, "3", "4").status == 0)
        #expect(try Binary.run("build", store).status == 0)
        #expect(try Binary.run("verify", store, "--deep").status == 0)
        let left = try Binary.run("stats", store, "--json").object()
        let after = left["blocks"] as? [String: Any]
        #expect(after == nil || after?["documents"] as? Int == 598)
    }

    @Test
    func `later loads and builds leave the windows of a block index, so that a build can extend it`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        /// The number of segments, and of documents in the block index.
        func figures() throws -> [Int?] {
            let stats = try Binary.run("stats", store, "--json").object()
            let blocks = stats["blocks"] as? [String: Any]
            return [(stats["segments"] as? [Any])?.count, blocks?["documents"] as? Int]
        }
        try Binary.run("load", store, "-", "--quiet", "--blocks", input: Data(Inputs.lines(600).utf8))
        #expect(try figures() == [1, 600])
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(200, from: 600).utf8))
        #expect(try figures() == [2, 600])
        #expect(try Binary.run("remove", store, "3", "700").status == 0)
        #expect(try Binary.run("build", store, "--blocks").status == 0)
        #expect(try figures() == [2, 798])
        #expect(try Binary.run("verify", store, "--deep").status == 0)
        // Settings make a new one, of one window.
        #expect(try Binary.run("build", store, "--blocks", "--postings", "40").status == 0)
        #expect(try figures() == [1, 798])
        #expect(try Binary.run("verify", store, "--deep").status == 0)
    }

    @Test
    func `a seed makes the same block index`() throws {
        let folder = TemporaryFolder()
        let files = try ["1", "1", "2"].enumerated().map { index, seed in
            let store = folder.path("\(index).sparse")
            try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(900).utf8))
            #expect(try Binary.run("build", store, "--blocks", "--postings", "40", "--seed", seed).status == 0)
            return try #require(try Binary.run("stats", store, "--json").object()["blocks"] as? [String: Int])
        }
        #expect(files[0] == files[1] && files[2]["documents"] == 900)
    }
}
