import SparseStore
import Testing

@Suite struct RerankerTests {
    /// Twenty documents, the one with the highest number the best for `["t": 1]`.
    private func numbered(_ temporary: TemporaryStore) throws -> SparseStore {
        let store = try temporary.open()
        try store.write { transaction in
            for index in 1...20 {
                try transaction.upsert(
                    Document(
                        id: "d\(index)", terms: ["t": Float(index), "u": 1], payload: Array("text \(index)".utf8),
                        tags: [index % 2 == 0 ? "even" : "odd"]))
            }
        }
        return store
    }

    @Test func `the order is the reranker's, and what it does not score follows in the order it came`() throws {
        let temporary = try TemporaryStore()
        let store = try numbered(temporary)
        // Of the best six, 20...15, the odd ones get a score, the lowest number the best.
        let result = try store.search(
            ["t": 1], limit: 8, candidates: 6,
            rerankedBy: .scoring("lowest odd") { candidate in
                try candidate.tags() == ["odd"] ? -candidate.score : nil
            })
        #expect(result.map(\.id) == ["d15", "d17", "d19", "d20", "d18", "d16", "d14", "d13"])
        #expect(result.map(\.score) == [-15, -17, -19, 20, 18, 16, 14, 13])
        #expect(result.stages.map(\.name) == ["search", "lowest odd"])
        #expect(result.stages[1].candidates == 6)
        #expect(result.stages[1].scored == 3)
        #expect(result.hits[0].stageScores == [15, -15])
        #expect(result.hits[3].stageScores == [20, nil])
    }

    @Test func `a candidate gives what is stored of its document`() throws {
        let temporary = try TemporaryStore()
        let store = try numbered(temporary)
        let result = try store.search(
            ["t": 1], limit: 1, candidates: 3,
            rerankedBy: .scoring { candidate in
                let document = try #require(try store.document(candidate.id))
                #expect(try candidate.payload() == document.payload)
                #expect(try candidate.tags() == document.tags)
                let weights = try candidate.vector().weights
                #expect(weights.sorted() == [1, Float(20 - candidate.rank)])
                return Float(candidate.rank)
            })
        #expect(result.map(\.id) == ["d18"])
    }
}
