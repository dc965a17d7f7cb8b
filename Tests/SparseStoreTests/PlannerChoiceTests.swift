import SparseFormat
import Testing

@testable import SparseStore

/// What the planner makes of a tuning.
@Suite struct PlannerChoiceTests {
    private func planner(_ points: [(effort: UInt8, recall: Float, time: Float)]) -> Planner {
        Planner(
            tuning: TuningRecord(
                generation: 1, documents: 100_000, queries: 100,
                points: points.map {
                    TuningRecord.Point(
                        limit: 10, effort: $0.effort, recall: $0.recall, time: $0.time, scored: 20)
                }),
            documents: 100_000)
    }

    @Test func `of the efforts that reach a target the fastest is taken, wherever it stands`() {
        let planner = planner([(16, 0.8, 1_000), (17, 0.96, 9_000), (18, 0.97, 5_000), (19, 0.99, 20_000)])
        #expect(planner.choose(.target(0.95), terms: 5, limit: 10).description.effort == 2)
        #expect(planner.choose(.target(0.98), terms: 5, limit: 10).description.effort == 3)
        #expect(planner.choose(.fast, terms: 5, limit: 10).description.effort == 0)
    }

    @Test func `an exact search is taken where it takes no longer, and where nothing else reaches the target`() {
        let cheap = planner([(16, 0.8, 1_000), (17, 0.96, 9_000), (255, 1, 8_000)])
        #expect(cheap.choose(.target(0.95), terms: 5, limit: 10).effort == nil)
        #expect(cheap.choose(.target(0.8), terms: 5, limit: 10).description.effort == 0)
        let dear = planner([(16, 0.8, 1_000), (17, 0.96, 9_000), (255, 1, 80_000)])
        #expect(dear.choose(.target(0.95), terms: 5, limit: 10).description.effort == 1)
        // The efforts that this tuning does not have are taken to reach what they are assumed to reach.
        #expect(dear.choose(.target(1), terms: 5, limit: 10).effort == nil)
    }

    @Test func `what an earlier ladder has measured counts for nothing`() {
        let old = planner([(0, 1, 10), (7, 1, 10)])
        let none = Planner(tuning: nil, documents: 100_000)
        #expect(
            old.choose(.target(0.95), terms: 5, limit: 10).description.effort
                == none.choose(.target(0.95), terms: 5, limit: 10).description.effort)
    }

    /// Classes of up to 10 terms, of 11 to 20, and of more, which was not measured.
    private func planner(by classes: [[(effort: UInt8, recall: Float, time: Float)]]) -> Planner {
        let points = classes.enumerated().flatMap { number, points in
            points.map {
                TuningRecord.Point(
                    limit: 10, queryClass: UInt8(number), effort: $0.effort, recall: $0.recall, time: $0.time,
                    scored: 20)
            }
        }
        return Planner(
            tuning: TuningRecord(generation: 1, documents: 100_000, queries: 100, bounds: [10, 20], points: points),
            documents: 100_000)
    }

    @Test func `the plan of a query is that of its class`() {
        let planner = planner(by: [
            [(16, 0.96, 10), (17, 0.97, 20), (255, 1, 100)], [(16, 0.91, 10), (17, 0.96, 20), (255, 1, 15)],
        ])
        #expect([1, 10].allSatisfy { planner.choose(.target(0.95), terms: $0, limit: 10).description.effort == 0 })
        #expect([11, 20].allSatisfy { planner.choose(.target(0.95), terms: $0, limit: 10).effort == nil })
        let plan = planner.choose(.target(0.9), terms: 11, limit: 10).description
        #expect(plan.effort == 0)
        #expect(plan.queryClass == QueryClass(minimumTerms: 11, maximumTerms: 20))
        #expect(plan.reason == "the fastest effort that reaches a recall of 0.9 for queries of 11 to 20 terms")
    }

    @Test func `a class that was not measured is taken for the worst of the others`() {
        let planner = planner(by: [
            [(16, 0.9, 10), (17, 0.98, 20), (18, 0.99, 15)], [(16, 0.98, 10), (17, 0.96, 20), (18, 0.97, 30)],
        ])
        let plan = planner.choose(.target(0.95), terms: 21, limit: 10).description
        #expect(plan.effort == 1)
        #expect(plan.expectedRecall.map { Float($0) } == 0.96)
        #expect(plan.queryClass == QueryClass(minimumTerms: 21, maximumTerms: nil))
        #expect(planner.choose(.target(0.98), terms: 30, limit: 10).effort == nil)
    }

    @Test func `a tuning without classes is of all queries`() {
        let planner = planner([(16, 0.8, 1_000), (17, 0.96, 2_000)])
        for terms in [1, 15, 1_000] {
            let plan = planner.choose(.target(0.95), terms: terms, limit: 10).description
            #expect(plan.effort == 1)
            #expect(plan.queryClass == nil)
        }
    }

    @Test func `the largest numbers of a record do not overflow`() {
        let points = [UInt32.max - 1, .max].map {
            TuningRecord.Point(limit: $0, queryClass: 15, effort: 16, recall: 1, time: 1, scored: 1)
        }
        let bounds = (0..<15).map { UInt32.max - 15 + $0 }
        let planner = Planner(
            tuning: TuningRecord(generation: 1, documents: 1, queries: 1, bounds: bounds, points: points),
            documents: 100_000)
        #expect(planner.choose(.target(0.95), terms: 5, limit: 10).description.effort == 0)
        #expect(planner.choose(.target(0.95), terms: .max, limit: Limits.maximumResults).description.effort == 0)
    }
}
