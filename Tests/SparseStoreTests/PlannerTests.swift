import SparseFormat
import Testing

@testable import SparseStore

@Suite struct PlannerTests {
    /// A store large enough for levels and planned searches.
    fileprivate func filled(_ temporary: TemporaryStore, documents: Int = 4_500) throws -> (Store, BruteForce) {
        let store = try temporary.open()
        var vectors = RandomVectors(seed: 21)
        vectors.termSpace = 8_000
        var model = BruteForce()
        try store.write { transaction in
            for index in 0..<documents {
                let vector = try vectors.next()
                try transaction.upsert(Document(id: String(index), vector: vector))
                model.documents[String(index)] = vector
            }
        }
        return (store, model)
    }

    @Test func `planned searches return true scores and say what they did`() throws {
        let temporary = try TemporaryStore()
        let (store, model) = try filled(temporary)
        var vectors = RandomVectors(seed: 22)
        vectors.termSpace = 8_000
        for recall in [Recall.fast, .target(0.5), .target(0.95), .target(1), .exact] {
            let query = try vectors.next()
            let result = try store.search(Query(vector: query), limit: 10, recall: recall)
            let truth = Dictionary(
                uniqueKeysWithValues: model.search(query, limit: 10_000).map { ($0.id, $0.score) })
            #expect(result.allSatisfy { truth[$0.id] == $0.score })
            #expect(result.map(\.score) == result.map(\.score).sorted(by: >))
            #expect(result.plan.isExact == result.isExact)
            #expect(result.plan.isExact || result.plan.effort != nil)
        }
        let exact = try store.search(Query(vector: try vectors.next()), recall: .exact)
        #expect(exact.isExact)
    }

    @Test func `a filter is expected to cost recall down to a quarter of the documents, and no more below`() {
        func points(_ effort: Int, _ recalls: [Float]) -> [TuningRecord.Point] {
            zip([10, 100], recalls).map { limit, recall in
                TuningRecord.Point(
                    limit: limit, effort: Effort.number(of: effort), recall: recall,
                    time: Float(100 * (effort + 1)), scored: 25)
            }
        }
        let tuning = TuningRecord(
            generation: 1, documents: 100_000, queries: 100,
            points: points(0, [0.94, 0.8]) + points(1, [0.97, 0.93]) + points(2, [0.99, 0.98]))
        let planner = Planner(tuning: tuning, documents: 100_000)
        func plan(_ share: Double) -> SearchPlan {
            planner.choose(.target(0.95), terms: 5, limit: 10, share: share).description
        }
        #expect([1, 0.5, 0.25, 0.001].map { plan($0).effort } == [1, 1, 2, 2])
        #expect(plan(0.001).expectedRecall == plan(0.25).expectedRecall)
    }

    @Test func `a tuned store keeps its recall targets on queries it has not seen`() throws {
        let temporary = try TemporaryStore()
        let (store, model) = try filled(temporary)
        var vectors = RandomVectors(seed: 23)
        vectors.termSpace = 8_000
        let seen = try (0..<40).map { _ in Query(vector: try vectors.next()) }
        let points = try store.tune(queries: seen, isFilled: false)
        #expect(points.map(\.limit).contains(10))
        #expect(points.map(\.limit).contains(100))
        for target in [0.8, 0.9, 0.95] {
            var recall = 0.0
            for _ in 0..<40 {
                let query = try vectors.next()
                let result = try store.search(Query(vector: query), recall: .target(target))
                #expect(result.plan.isTuned)
                let last = try #require(model.search(query, limit: 10).last).score
                recall += Double(result.filter { $0.score >= last - 1e-4 }.count) / 10
            }
            #expect(recall / 40 >= target - 0.03, "target \(target)")
        }
    }

    @Test func `more effort reads more and finds at least as much`() throws {
        let temporary = try TemporaryStore()
        let (store, _) = try filled(temporary)
        let points = try store.tune()
        for limit in [10, 100] {
            let curve = points.filter { $0.limit == limit }
            #expect(curve.count >= 5)
            #expect((curve.last?.recall ?? 0) >= (curve.first?.recall ?? 1))
            #expect((curve.last?.documentsScored ?? 0) >= 1)
        }
        // What was measured survives reopening.
        store.close()
        let reopened = try temporary.open()
        let query = try RandomVectorsQuery.make()
        #expect(try reopened.search(query, recall: .fast).plan.isTuned)
    }

    @Test func `the plan of a search names the class of its query`() throws {
        let temporary = try TemporaryStore()
        let (store, _) = try filled(temporary)
        let components: [(TermID, Float)] = (0..<15).map { ($0, 1) }
        let query = Query(vector: try SparseVector(components))
        #expect(try store.search(query).plan.queryClass == nil)
        try store.tune(queries: [query], isFilled: false)
        let plan = try store.search(query, recall: .fast).plan
        #expect(plan.queryClass == QueryClass(minimumTerms: 11, maximumTerms: 20))
        let target = try store.search(query, recall: .target(0.9)).plan
        #expect(target.reason.contains("11 to 20 terms"))
    }

    /// Small windows are read whole and large ones in part: their sums must not compete.
    @Test func `documents of small windows take no place from those of large ones, and are found exactly`() throws {
        let temporary = try TemporaryStore()
        let (store, _) = try filled(temporary)
        var vectors = RandomVectors(seed: 25)
        vectors.termSpace = 8_000
        let queries = try (0..<30).map { _ in try vectors.next() }
        let limit = 10
        let before = try queries.map { try store.search(Query(vector: $0), limit: limit, recall: .fast) }
        #expect(before.allSatisfy { !$0.isExact })
        // Weights below all others, so that what each term can bring at the most stays as it was.
        var small = BruteForce()
        for commit in 0..<4 {
            try store.write { transaction in
                for index in 0..<100 {
                    let vector = try vectors.next()
                    let lighter = try SparseVector(terms: vector.terms, weights: vector.weights.map { $0 * 0.8 })
                    small.documents["late \(commit) \(index)"] = lighter
                    try transaction.upsert(Document(id: "late \(commit) \(index)", vector: lighter))
                }
            }
        }
        for (query, planned) in zip(queries, before) {
            let candidates =
                planned.map { ($0.id, $0.score) } + small.search(query, limit: limit).map { ($0.id, $0.score) }
            let expected = candidates.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.prefix(limit)
            let found = try store.search(Query(vector: query), limit: limit, recall: .fast)
            #expect(found.map(\.id) == expected.map(\.0))
            #expect(found.map(\.score) == expected.map(\.1))
        }
    }

    private enum RandomVectorsQuery {
        static func make() throws -> Query {
            var vectors = RandomVectors(seed: 24)
            return Query(vector: try vectors.next())
        }
    }
}

extension PlannerTests {
    @Test func `a closure of the caller stops a tuning or a merge with its own error`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let (store, _) = try filled(temporary)
        #expect(throws: Stop.self) { try store.tune { _, _ in throw Stop() } }
        #expect(throws: Stop.self) { try store.read { try $0.forEachTerm { _, _ in throw Stop() } } }
        #expect(throws: Stop.self) { try store.write { _ in throw Stop() } }
        for index in 0..<3 {
            try store.write { try $0.upsert(Document(id: "late \(index)", vector: SparseVector([(1, 1)]))) }
        }
        #expect(throws: Stop.self) { try store.optimize { _ in throw Stop() } }
        #expect(try store.statistics().segments.count == 1)
    }

    @Test func `a small store is not tuned without queries`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        #expect(try store.tune().isEmpty)
        #expect(try !store.search(["t": 1]).plan.isTuned)
    }
}
