import Testing

@testable import SparseFormat
@testable import SparseStore

/// What makes searches fast changes no answer.
@Suite(.timeLimit(.minutes(10))) struct OptimizationTests {
    /// Two large segments, a small one, and dead documents in all.
    private func filled(_ temporary: TemporaryStore, _ profile: IndexProfile) throws -> Store {
        let store = try temporary.open {
            $0.maintenance = .manual
            $0.profile = profile
        }
        var vectors = RandomVectors(seed: 61)
        for (batch, count) in [1_500, 1_200, 200].enumerated() {
            try store.write { transaction in
                for index in 0..<count {
                    try transaction.upsert(Document(id: "\(batch)-\(index)", vector: try vectors.next()))
                }
            }
            try store.write { transaction in
                for index in stride(from: 0, to: count, by: 9) { try transaction.remove("\(batch)-\(index)") }
            }
        }
        return store
    }

    private func hits(
        _ snapshot: Snapshot, _ query: ResolvedQuery, _ plan: ScanPlan?, _ scratch: ScanScratch
    ) throws -> [Hit] {
        var counters = SearchCounters()
        let search = FirstStage(
            view: snapshot.view, query: query, limit: 10, minimumScore: nil, effort: plan.map(Effort.windows))
        return try search.run(scratch, &counters).map { Hit(id: $0.id, score: $0.score, contributions: []) }
    }

    @Test(arguments: [IndexProfile.fast, .compact])
    func `a search without an optimization gives the same answer`(profile: IndexProfile) throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary, profile)
        var vectors = RandomVectors(seed: 62)
        let plans: [ScanPlan?] = [nil, ScanLadder.plans[0], ScanLadder.plans[10]]
        try store.read { snapshot in
            for _ in 0..<12 {
                let query = try snapshot.resolve(Query(vector: vectors.next()), .none)
                for plan in plans {
                    let expected = try hits(snapshot, query, plan, ScanScratch())
                    #expect(expected.count == 10)
                    for left in Optimization.allCases where plan == nil || left.keepsPlannedAnswers {
                        let scratch = ScanScratch()
                        scratch.optimizations = .all.without(left)
                        #expect(try hits(snapshot, query, plan, scratch) == expected, "without \(left)")
                    }
                }
            }
        }
    }

    @Test func `what a plan leaves out of the only window is what it leaves out of all`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary, .fast)
        try store.optimize()
        var vectors = RandomVectors(seed: 65)
        try store.read { snapshot in
            #expect(snapshot.index.members.count == 1)
            for _ in 0..<10 {
                let query = try snapshot.resolve(Query(vector: vectors.next()), .none)
                let (shared, own) = (ScanScratch(), ScanScratch())
                own.optimizations = .all.without(.sharedCut)
                for plan in [ScanLadder.plans[0], ScanLadder.plans[7]] {
                    #expect(try hits(snapshot, query, plan, own) == hits(snapshot, query, plan, shared))
                }
            }
        }
    }

    @Test func `without rescoring, the scores of a planned search are sums of codes`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary, .fast)
        var vectors = RandomVectors(seed: 63)
        try store.read { snapshot in
            let query = try snapshot.resolve(Query(vector: vectors.next()), .none)
            let scratch = ScanScratch()
            let exact = try hits(snapshot, query, ScanLadder.plans[15], scratch)
            scratch.optimizations = .all.without(.rescoring)
            let sums = try hits(snapshot, query, ScanLadder.plans[15], scratch)
            #expect(sums.count == exact.count)
            #expect(sums.map(\.score) != exact.map(\.score))
            #expect(zip(sums, exact).allSatisfy { abs($0.score - $1.score) < 0.05 * $1.score })
        }
    }

    @Test func `exact answers do not depend on the layout of windows`() throws {
        let documents = WindowBuilder.orderedFrom + 100
        var answers: [[[Hit]]] = []
        var layouts: [(isOrdered: Bool, hasDenseLists: Bool)] = []
        for isStandard in [true, false] {
            let temporary = try TemporaryStore()
            let store = try temporary.open {
                $0.maintenance = .manual
                $0.mergePolicy.layout.isOrdered = isStandard
                $0.mergePolicy.layout.hasDenseLists = isStandard
            }
            var vectors = RandomVectors(seed: 64)
            vectors.terms = 3...5
            vectors.termSpace = 200
            for first in stride(from: 0, to: documents, by: documents / 2) {
                try store.write { transaction in
                    for index in first..<min(first + documents / 2, documents) {
                        try transaction.upsert(Document(id: "\(index)", vector: try vectors.next()))
                    }
                }
            }
            try store.optimize()
            let queries = try (0..<10).map { _ in Query(vector: try vectors.next()) }
            answers.append(try queries.map { try store.search($0, recall: .exact).hits })
            layouts.append(
                try store.read { snapshot in
                    let segment = try #require(snapshot.index.members.first).segment
                    let directory = segment.directory
                    return (
                        try snapshot.view.read { reader in
                            try reader.segments
                                .optionalPart(segment.id, .order) != nil
                        }, (0..<directory.count).contains { directory.entry(at: $0).encoding == .dense }
                    )
                })
        }
        #expect(layouts.map(\.isOrdered) == [true, false])
        #expect(layouts.map(\.hasDenseLists) == [true, false])
        #expect(answers[0] == answers[1])
    }
}
