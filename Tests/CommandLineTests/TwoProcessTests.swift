import SparseStore
import TestSupport
import Testing

/// One process writes, another has the store open and searches.
@Suite struct TwoProcessTests {
    private func document(_ id: Int) -> String { #"{"id": \#(id), "vector": {"common": 1.5, "only\#(id)": 2}}"# }

    @Test func `a reader sees another process's commit on its next query, also after merges and removals`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("shared.sparse")
        try Binary.run("load", path, try folder.write("0.jsonl", document(0) + "\n"), "--quiet")
        var configuration = Configuration()
        configuration.isReadOnly = true
        let reader = try Store.open(at: path, configuration: configuration)
        #expect(try reader.search(["common": 1], limit: 100).count == 1)
        for id in 1...24 {
            let file = try folder.write("\(id).jsonl", document(id) + "\n")
            let generation = try reader.read { $0.generation }
            // A snapshot that is held keeps its state while the other process commits.
            try reader.read { held in
                let status = try Binary.run("load", path, file, "--quiet", "--no-build").status
                let found = try held.search(["only\(id)": 1])
                #expect(status == 0)
                #expect(found.isEmpty)
            }
            #expect(try reader.search(["only\(id)": 1], recall: .exact).map(\.id) == ["\(id)"])
            #expect(try reader.search(["common": 1], limit: 100, recall: .exact).count == id + 1)
            #expect(try reader.read { $0.generation } == generation + 1)
        }
        #expect(try Binary.run("build", path).status == 0)
        #expect(try reader.search(["common": 1], limit: 100, recall: .exact).count == 25)
        #expect(try Binary.run("remove", path, "7").status == 0)
        #expect(try reader.search(["only7": 1]).isEmpty)
        #expect(try reader.search(["common": 1], limit: 100, recall: .exact).count == 24)
    }

    @Test func `two processes may write in turn, and each sees the other's documents`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("shared.sparse")
        let ours = try Store.open(at: path)
        for round in 0..<8 {
            try ours.write { transaction in
                try transaction.upsert(Document(id: "ours\(round)", terms: ["common": 1, "ours": 1]))
            }
            let file = try folder.write("\(round).jsonl", document(round) + "\n")
            #expect(try Binary.run("load", path, file, "--quiet", "--no-build").status == 0)
            #expect(try ours.search(["common": 1], limit: 100).count == 2 * (round + 1))
            #expect(try ours.search(["only\(round)": 1]).map(\.id) == ["\(round)"])
        }
        #expect(try ours.statistics().terms == 2 + 8)
    }
}
