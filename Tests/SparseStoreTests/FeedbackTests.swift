import SparseStore
import Testing

@Suite struct FeedbackTests {
    private func search(
        _ store: Store, _ query: Query, _ feedback: Feedback, limit: Int = 10, weighting: Weighting = .none
    ) throws -> SearchResult {
        var options = SearchOptions()
        options.limit = limit
        options.includesContributions = true
        options.weighting = weighting
        options.recall = .exact
        return try store.search(query, options: options, stages: [.feedback(feedback)])
    }

    private func open(_ temporary: TemporaryStore) throws -> Store {
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "top", terms: ["t": 3, "u": 4]))
            try transaction.upsert(Document(id: "other", terms: ["t": 2]))
            try transaction.upsert(Document(id: "related", terms: ["u": 1]))
            try transaction.upsert(Document(id: "far", terms: ["w": 1]))
        }
        return store
    }

    /// The weights of the query as the hits show them.
    private func weights(_ result: SearchResult) -> [String: Float] {
        Dictionary(result.flatMap(\.contributions).map { ($0.term, $0.queryWeight) }) { first, _ in first }
    }

    @Test func `the query moves as computed by hand, and finds what shares no term with it`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        // q = (t 2), its length 2; the best document is (t 3/5, u 4/5): q' = (t 2 + 2/2 x 3/5, u 2/2 x 4/5).
        let result = try search(store, ["t": 2], Feedback(.best(1), weight: 0.5))
        let weights = weights(result)
        #expect(abs(weights["t"]! - 2.6) < 1e-6)
        #expect(abs(weights["u"]! - 0.8) < 1e-6)
        #expect(result.map(\.id) == ["top", "other", "related"])
        #expect(result.stages[1].counters["terms"] == 2)
        #expect(result.last?.stageScores.first == .some(nil))
        // Of two terms the heavier is kept.
        let shorter = try search(store, ["t": 2], Feedback(.best(1), terms: 1, weight: 0.5))
        #expect(self.weights(shorter) == ["t": 2, "u": 0.8])
    }

    @Test func `what is judged not to be relevant lowers the query's weights, and none under 0`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        let judged = Feedback.Source.judged(relevant: ["related", "absent"], nonRelevant: ["other"])
        // q = (t 3, u 4), its length 5; u rises by 5 x 0.4, t falls by 5 x 0.2.
        let lowered = try search(store, ["t": 3, "u": 4], Feedback(judged, weight: 0.4, nonRelevantWeight: 0.2))
        #expect(weights(lowered) == ["t": 2, "u": 6])
        #expect(lowered.stages[1].counters["unknown"] == 1)
        let gone = try search(store, ["t": 3, "u": 4], Feedback(judged, weight: 0.4, nonRelevantWeight: 50))
        #expect(weights(gone) == ["u": 6])
        #expect(gone.map(\.id) == ["top", "related"])
        // A term that only the rejected documents have does not come in.
        let far = Feedback(.judged(relevant: ["related"], nonRelevant: ["far"]), nonRelevantWeight: 1)
        #expect(weights(try search(store, ["t": 3], far))["w"] == nil)
    }

    @Test func `with weight 0, and with nothing to learn from, the answer is the plain one`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var vectors = RandomVectors(seed: 9)
        try store.write { transaction in
            for index in 0..<500 { try transaction.upsert(Document(id: "\(index)", vector: try vectors.next())) }
        }
        let query = Query(vector: try vectors.next())
        let plain = try store.search(query, limit: 20, recall: .exact)
        for feedback in [
            Feedback(weight: 0), Feedback(.judged(relevant: [])), Feedback(.judged(relevant: ["absent"])),
        ] {
            let result = try search(store, query, feedback, limit: 20)
            #expect(result.map(\.id) == plain.map(\.id))
            #expect(result.map(\.score) == plain.map(\.score))
        }
        // The comparison can tell.
        #expect(try search(store, query, Feedback(), limit: 20).map(\.id) != plain.map(\.id))
    }

    @Test func `documents are weighted like the query before they are averaged`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let table = try WeightTable([1, 3, 0])
        try store.write { transaction in
            try transaction.upsert(Document(id: "top", vector: SparseVector(terms: [0, 1, 2], weights: [4, 1, 9])))
        }
        let query = Query(vector: try SparseVector(terms: [0], weights: [5]))
        // The document under the table is (4, 3, 0), at unit length (0.8, 0.6, 0).
        let result = try search(store, query, Feedback(.best(1), weight: 1), weighting: .table(table))
        #expect(weights(result) == ["0": 9, "1": 3])
    }

    @Test func `interpolation scores every document both ways`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        func search(_ weight: Double) throws -> SearchResult {
            try self.search(
                store, ["t": 2], Feedback(.best(1), weight: 0.5, interpolation: .weightedSum(weight: weight)))
        }
        let plain = try store.search(["t": 2])
        #expect(try search(0).map(\.id).prefix(2) == plain.map(\.id)[...])
        #expect(try search(0).map(\.id) == ["top", "other", "related"])
        #expect(try search(1).map(\.id) == ["top", "other", "related"])
        // Plain top 6, other 4, related 0 (known, not assumed); expanded top 11, other 5.2, related 0.8.
        let half = try search(0.5)
        let expected: [Float] = [1, (4 / 6 + 4.4 / 10.2) / 2, 0]
        for (hit, expected) in zip(half, expected) { #expect(abs(hit.score - expected) < 1e-6) }
    }

    @Test func `the filter holds for the second search`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        var options = SearchOptions()
        options.filter = .tag("odd")
        options.limit = 20
        let result = try store.search(["t": 1], options: options, stages: [.feedback()])
        #expect(result.count == 10)
        #expect(result.allSatisfy { $0.id.last.map { "13579".contains($0) } == true })
    }

    @Test func `parameters outside their range are refused`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        for feedback in [
            Feedback(.best(0)), Feedback(.best(1_001)), Feedback(terms: 0), Feedback(terms: 10_001),
            Feedback(weight: -1), Feedback(weight: .nan), Feedback(nonRelevantWeight: 101),
            Feedback(interpolation: .weightedSum(weight: 2)),
        ] {
            let error = #expect(throws: SparseStoreError.self) { try search(store, ["t": 1], feedback) }
            #expect(error?.code == .invalidArgument)
        }
        let many = Feedback(.judged(relevant: Array(repeating: "top", count: 1_001)))
        let error = #expect(throws: SparseStoreError.self) { try search(store, ["t": 1], many) }
        #expect(error?.code == .limitExceeded)
    }
}
