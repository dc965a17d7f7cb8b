import SparseStore
import Testing

@Suite struct RerankerTests {
    @Test func `the order is the reranker's, and what it does not score follows in the order it came`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
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
        let store = try temporary.openNumbered()
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

    @Test func `scores equal to the first stage's leave the order, and equal scores too`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        try store.write { transaction in
            for id in ["tie b", "tie a"] { try transaction.upsert(Document(id: id, terms: ["t": 18])) }
        }
        let plain = try store.search(["t": 1], limit: 10)
        #expect(plain.stages.isEmpty)
        for reranker in [ScoringReranker.scoring { $0.score }, .scoring { _ in 7 }] {
            let result = try store.search(["t": 1], limit: 10, candidates: 20, rerankedBy: reranker)
            #expect(result.map(\.id) == plain.map(\.id))
        }
    }

    @Test func `pipelines rerank again, each stage its own share of the stage before`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        var options = SearchOptions()
        options.limit = 4
        let result = try store.search(
            ["t": 1], options: options,
            stages: [
                .rerank(.scoring("reverse") { -$0.score }, candidates: 6),
                .rerank(.scoring("reverse again") { $0.rank < 2 ? Float($0.rank) : nil }, candidates: 3),
            ])
        // 20...15 reversed are 15, 16, 17, ...; of these the first two change places.
        #expect(result.map(\.id) == ["d16", "d15", "d17", "d18"])
        #expect(result.stages.map(\.candidates) == [result.counters.candidates, 6, 3])
        #expect(result.stages.map(\.scored) == [result.counters.documentsScored, 6, 2])
        #expect(result.hits[0].stageScores == [16, -16, 1])
        #expect(result.hits[2].stageScores == [17, -17, nil])
    }

    /// Keeps what it is told, and counts.
    private struct Spy: Reranker {
        let name = "spy"
        let limits = Limits()

        final class Limits: @unchecked Sendable { var seen: [Int] = [] }

        func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
            limits.seen.append(limit)
            scores.counters["looked"] = candidates.count
            for candidate in candidates.prefix(limit) { try scores.set(candidate.score, for: candidate) }
        }
    }

    @Test func `a reranker is told how many of the best the stages behind it look at`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let spy = Spy()
        var options = SearchOptions()
        options.limit = 3
        let result = try store.search(
            ["t": 1], options: options, stages: [.rerank(spy, candidates: 9), .rerank(spy, candidates: 5)])
        #expect(spy.limits.seen == [5, 3])
        #expect(result.stages.map { $0.counters["looked"] } == [nil, 9, 5])
    }

    @Test func `the whole search sees one commit, whatever is written meanwhile`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        var options = SearchOptions()
        options.limit = 3
        let before = try store.read { $0.generation }
        let result = try store.search(
            ["t": 1], options: options,
            stages: [
                .rerank(
                    .scoring { candidate in
                        if candidate.rank == 0 {
                            try store.write { transaction in
                                try transaction.upsert(Document(id: "new", terms: ["t": 100, "u": 100]))
                                try transaction.remove("d20")
                                try transaction.remove("d19")
                            }
                        }
                        let text = try #require(try candidate.payload())
                        return Float(String(decoding: text, as: UTF8.self).dropFirst(5))
                    }, candidates: 5),
                .feedback(Feedback(.best(2))),
                .fuse(ExternalRanking(ids: ["new", "d19"])),
            ])
        #expect(result.generation == before)
        #expect(result.map(\.id) == ["d19", "d20", "d18"])
        #expect(result.stages.last?.counters["unknown"] == 1)
        #expect(try store.search(["t": 1], limit: 1).map(\.id) == ["new"])
    }

    @Test func `wrong scores, parameters and errors of the caller come out as they are`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        struct Own: Error {}
        for bad in [Float.nan, .infinity] {
            let error = #expect(throws: SparseStoreError.self) {
                try store.search(["t": 1], rerankedBy: .scoring { _ in bad })
            }
            #expect(error?.code == .invalidArgument)
        }
        #expect(throws: Own.self) { try store.search(["t": 1], rerankedBy: .scoring { _ in throw Own() }) }
        for count in [0, Limits.maximumResults + 1] {
            let error = #expect(throws: SparseStoreError.self) {
                try store.search(["t": 1], candidates: count, rerankedBy: .scoring { $0.score })
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func `nothing found is nothing to rerank`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let result = try store.search(
            ["absent": 1],
            rerankedBy: .scoring { _ in
                Issue.record("there is no candidate")
                return 1
            })
        #expect(result.isEmpty)
        #expect(result.stages.last?.candidates == 0)
    }

    @Test func `exact scores by identifier are those of a search`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var vectors = RandomVectors(seed: 5)
        // Many commits: many segments, merged and not, with dead documents in them.
        for batch in 0..<12 {
            try store.write { transaction in
                for index in 0..<100 {
                    try transaction.upsert(Document(id: "\(batch * 50 + index)", vector: try vectors.next()))
                }
            }
        }
        let query = Query(vector: try vectors.next())
        for weighting in [Weighting.none, .corpusIDF] {
            var options = SearchOptions()
            options.limit = 1_000
            options.recall = .exact
            options.weighting = weighting
            let found = try store.search(query, options: options)
            let ids = (0..<650).map(String.init) + ["absent", ""]
            let expected = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.score) })
            let scores = try store.scores(query, of: ids, weighting: weighting)
            #expect(scores.suffix(2) == [nil, nil])
            #expect(scores.dropLast(2).elementsEqual(ids.dropLast(2).map { expected[$0] ?? 0 }))
        }
    }
}
