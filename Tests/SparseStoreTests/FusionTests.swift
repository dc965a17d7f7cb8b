import SparseStore
import Testing

@Suite struct FusionTests {
    /// For `["t": 1]`: a 4, b 3, c 2, d 1; e shares no term.
    private func open(_ temporary: TemporaryStore) throws -> Store {
        let store = try temporary.open()
        try store.write { transaction in
            for (id, weight) in [("a", 4), ("b", 3), ("c", 2), ("d", 1)] as [(String, Float)] {
                try transaction.upsert(Document(id: id, terms: ["t": weight], tags: [id]))
            }
            try transaction.upsert(Document(id: "e", terms: ["u": 1], tags: ["e"]))
        }
        return store
    }

    /// The first stage's best three, and an external ranking that knows two others, one of them without a shared term.
    private func fuse(
        _ fusion: Fusion, _ external: ExternalRanking, candidates: Int = 3, filter: Filter? = nil
    ) throws -> SearchResult {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        var options = SearchOptions()
        options.filter = filter
        let stage = SearchStage.fuse(external, by: fusion, candidates: candidates)
        return try store.search(["t": 1], options: options, stages: [stage])
    }

    private func external() throws -> ExternalRanking {
        try ExternalRanking(scores: [("e", 2), ("x", 99), ("d", 10), ("b", 6), ("d", 1)])
    }

    private func expect(
        _ result: SearchResult, _ expected: [(id: String, score: Double)], _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.map(\.id) == expected.map(\.id), sourceLocation: location)
        for (hit, expected) in zip(result, expected) {
            #expect(abs(Double(hit.score) - expected.score) < 1e-6, "\(hit.id)", sourceLocation: location)
        }
    }

    // By hand, with the exact scores a 4, b 3, c 2, d 1, e 0 on one side and d 10, b 6, e 2 on the other.

    @Test func `min-max fusion equals the example computed by hand`() throws {
        let result = try fuse(.weightedSum(.minMax, weight: 0.5), external())
        expect(result, [("b", 0.625), ("d", 0.625), ("a", 0.5), ("c", 0.25), ("e", 0)])
        #expect(result.stages[1].counters["unknown"] == 1)
        #expect(result.stages[1].counters["duplicates"] == 1)
        // The inner product of d was computed, though the first stage's part ended before it.
        #expect(result.first { $0.id == "d" }?.stageScores == [1, 0.625])
    }

    @Test func `z-score fusion equals the example computed by hand`() throws {
        // Means 2 and 6, deviations sqrt(2) and sqrt(32/3); a and c count as the external ranking's lowest.
        let first = 2.0.squareRoot()
        let lowest = -4 / (32.0 / 3).squareRoot()
        let result = try fuse(.weightedSum(.zScore, weight: 0.25), external())
        expect(
            result,
            [
                ("a", 0.75 * 2 / first + 0.25 * lowest), ("b", 0.75 * 1 / first),
                ("c", 0.25 * lowest), ("d", 0.75 * -1 / first - 0.25 * lowest),
                ("e", 0.75 * -2 / first + 0.25 * lowest),
            ].sorted { $0.1 > $1.1 })
    }

    @Test func `reciprocal rank fusion equals the example computed by hand, equal sums by identifier`() throws {
        // e has no rank in the first ranking: it does not match.
        let result = try fuse(.reciprocalRank(), external())
        expect(
            result,
            [
                ("b", 1 / 62.0 + 1 / 62.0), ("d", 1 / 64.0 + 1 / 61.0), ("a", 1 / 61.0), ("c", 1 / 63.0),
                ("e", 1 / 63.0),
            ])
        let byRank = try fuse(.reciprocalRank(), ExternalRanking(ids: ["d", "b", "x", "d", "e"]))
        #expect(byRank.map(\.score) == result.map(\.score))
    }

    @Test func `documents behind those that are fused stay behind them`() throws {
        let result = try fuse(.reciprocalRank(), ExternalRanking(ids: ["a"]), candidates: 2)
        #expect(result.map(\.id) == ["a", "b", "c", "d"])
        #expect(result.last?.stageScores == [1, nil])
    }

    @Test(arguments: [Fusion.reciprocalRank(), .weightedSum(.minMax), .weightedSum(.zScore)])
    func `one document, equal scores and negative scores still count`(fusion: Fusion) throws {
        // The only document of a ranking is its best.
        let one = try fuse(fusion, ExternalRanking(scores: [("b", 5)]), candidates: 4)
        #expect(one.map(\.id) == ["b", "a", "c", "d"])
        // Equal scores all lie above a document that is not there.
        let equal = try fuse(fusion, ExternalRanking(scores: [("b", 0), ("c", 0)]), candidates: 4)
        #expect(equal.first?.id == "b")
        #expect(equal.last?.id == "d")
        let negative = try fuse(fusion, ExternalRanking(scores: [("a", -9), ("b", -1), ("c", -5)]), candidates: 3)
        #expect(negative.first?.id == "b")
        #expect(negative.allSatisfy { $0.score.isFinite })
    }

    @Test func `equal first scores leave the order to the other ranking`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for id in ["a", "b", "c"] { try transaction.upsert(Document(id: id, terms: ["t": 0.1])) }
        }
        for normalization in [Fusion.Normalization.minMax, .zScore] {
            let result = try store.search(
                ["t": 0.3], options: SearchOptions(),
                stages: [
                    .fuse(try ExternalRanking(scores: [("c", 2), ("b", 1)]), by: .weightedSum(normalization))
                ])
            // b, the other ranking's lowest, is worth no more there than a, which it does not have.
            #expect(result.map(\.id) == ["c", "a", "b"])
            #expect(result.allSatisfy { $0.score.isFinite })
        }
    }

    @Test func `what the filter holds back does not come in through another ranking`() throws {
        let result = try fuse(.reciprocalRank(), external(), filter: .any([.tag("a"), .tag("d")]))
        #expect(result.map(\.id) == ["d", "a"])
        #expect(result.stages[1].counters["filtered"] == 2)
    }

    @Test func `a document that only the other ranking has is scored by the reranker before`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        var options = SearchOptions()
        options.limit = 2
        let result = try store.search(
            ["t": 1], options: options,
            stages: [
                .rerank(.scoring { 10 - $0.score }, candidates: 2),
                .fuse(ExternalRanking(ids: ["c", "a"]), by: .weightedSum(weight: 0)),
            ])
        // Reranked: a 6, b 7; c, which the reranker had not seen, 8. With weight 0 that alone counts.
        #expect(result.map(\.id) == ["c", "b"])
        #expect(result.first?.stageScores == [2, 8, 1])
    }

    @Test func `a reranker's scores can be fused with the order before`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        func search(_ weight: Double) throws -> [String] {
            try store.search(
                ["t": 1], options: SearchOptions(),
                stages: [
                    .rerank(.scoring { -$0.score }, candidates: 3, fusedBy: .weightedSum(weight: weight))
                ]
            ).map(\.id)
        }
        #expect(try search(0) == ["a", "b", "c", "d"])
        #expect(try search(1) == ["c", "b", "a", "d"])
    }

    @Test func `two fusions in a row score what only the second knows`() throws {
        let temporary = try TemporaryStore()
        let store = try open(temporary)
        let result = try store.search(
            ["t": 1], options: SearchOptions(),
            stages: [
                .fuse(ExternalRanking(ids: ["b"]), by: .weightedSum(weight: 0.5), candidates: 2),
                .fuse(ExternalRanking(ids: ["d"]), by: .weightedSum(weight: 0), candidates: 2),
            ])
        // First a 4 and b 3, so b 0 + 1 and a 1 + 0, halved; d, on the same scale -2 + 0, stands below both.
        #expect(result.map(\.id) == ["a", "b", "d", "c"])
        #expect(result.first { $0.id == "d" }?.stageScores == [1, -1, 0])
    }

    @Test func `parameters and scores outside their range are refused`() throws {
        for fusion in [
            Fusion.weightedSum(weight: 1.5), .weightedSum(weight: .nan), .reciprocalRank(constant: -1),
            .reciprocalRank(constant: .infinity),
        ] {
            let error = #expect(throws: SparseStoreError.self) { try fuse(fusion, external()) }
            #expect(error?.code == .invalidArgument)
        }
        let error = #expect(throws: SparseStoreError.self) { try ExternalRanking(scores: [("a", .nan)]) }
        #expect(error?.code == .invalidArgument)
    }
}
