import SparseStore
import Testing

@Suite struct ExactSearchTests {
    /// Exact mode equals brute force: ids, order and scores, over windows of every size the merges make.
    @Test(arguments: [UInt64(1), 2, 3])
    func `exact search equals brute force`(seed: UInt64) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var vectors = RandomVectors(seed: seed)
        var model = BruteForce()
        for batch in 0..<30 {
            try store.write { transaction in
                for index in 0..<(batch % 3 == 0 ? 1 : 120) {
                    let id = "doc-\(batch)-\(index)"
                    let vector = try vectors.next()
                    try transaction.upsert(Document(id: id, vector: vector))
                    model.documents[id] = vector
                }
            }
            let query = try vectors.next()
            for limit in [1, 10, 100] {
                let found = try store.search(Query(vector: query), limit: limit, recall: .exact)
                let expected = model.search(query, limit: limit)
                #expect(found.map(\.id) == expected.map(\.id), "seed \(seed), batch \(batch), limit \(limit)")
                #expect(found.map(\.score) == expected.map(\.score))
                #expect(found.isExact)
            }
        }
    }

    @Test func `dense lists keep the answer exact`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var vectors = RandomVectors(seed: 7)
        vectors.termSpace = 60
        vectors.terms = 5...40
        var model = BruteForce()
        try store.write { transaction in
            for index in 0..<3_000 {
                let vector = try vectors.next()
                try transaction.upsert(Document(id: String(index), vector: vector))
                model.documents[String(index)] = vector
            }
        }
        for _ in 0..<20 {
            let query = try vectors.next()
            let found = try store.search(Query(vector: query), limit: 25, recall: .exact)
            #expect(found.map(\.id) == model.search(query, limit: 25).map(\.id))
        }
    }

    @Test func `a query of more terms than accumulators can tell apart is still exact`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var model = BruteForce()
        try store.write { transaction in
            for index in 0..<50 {
                let terms = (0..<40).map { TermID($0 * 200 + index) }
                let vector = try SparseVector(terms: terms, weights: terms.map { Float($0 % 7) + 0.5 })
                try transaction.upsert(Document(id: String(index), vector: vector))
                model.documents[String(index)] = vector
            }
        }
        let terms = (0..<6_000).map { TermID($0) }
        let query = try SparseVector(terms: terms, weights: terms.map { Float($0 % 13) + 0.1 })
        let found = try store.search(Query(vector: query), limit: 10, recall: .exact)
        #expect(found.map(\.id) == model.search(query, limit: 10).map(\.id))
    }

    @Test func `equal scores come in the order of their identifiers, also at the cut`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for id in ["e", "b", "d", "a", "c"] {
                try transaction.upsert(Document(id: id, terms: ["same": 1.5]))
            }
        }
        let hits = try store.search(["same": 2], limit: 3, recall: .exact)
        #expect(hits.map(\.id) == ["a", "b", "c"])
        #expect(hits.allSatisfy { $0.score == 3 })
    }

    @Test func `terms beyond any table are found by merging`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let far = try SparseVector(terms: [3, 4_000_000_000], weights: [1, 2])
        try store.write { try $0.upsert(Document(id: "far", vector: far)) }
        let hits = try store.search(Query(vector: SparseVector(terms: [3, 4_000_000_000], weights: [1, 0.5])))
        #expect(hits.map(\.score) == [2])
    }

    @Test func `a tiny weight next to a huge one is neither lost nor found wrongly`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "huge", terms: ["t": 1e15]))
            try transaction.upsert(Document(id: "tiny", terms: ["t": 1e-15]))
            try transaction.upsert(Document(id: "other", terms: ["u": 1]))
        }
        #expect(try store.search(["t": 1], recall: .exact).map(\.id) == ["huge", "tiny"])
    }

    @Test func `the minimum score is a floor under the hits`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for index in 1...20 { try transaction.upsert(Document(id: "\(index)", terms: ["t": Float(index)])) }
        }
        var options = SearchOptions()
        options.minimumScore = 15
        options.limit = 100
        #expect(try store.search(["t": 1], options: options).map(\.score) == [20, 19, 18, 17, 16, 15])
    }

    @Test func `contributions add up to the score and come largest first`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["swift": 1.5, "engine": 0.5, "unused": 9])) }
        var options = SearchOptions()
        options.includesContributions = true
        let hit = try #require(try store.search(["engine": 2, "swift": 2, "absent": 1], options: options).first)
        #expect(hit.contributions.map(\.term) == ["swift", "engine"])
        #expect(hit.contributions.map(\.contribution) == [3, 1])
        #expect(hit.score == 4)
    }
}
