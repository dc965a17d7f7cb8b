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
        #expect(planner.choose(.target(0.95), limit: 10).description.effort == 2)
        #expect(planner.choose(.target(0.98), limit: 10).description.effort == 3)
        #expect(planner.choose(.fast, limit: 10).description.effort == 0)
    }

    @Test func `an exact search is taken where it takes no longer, and where nothing else reaches the target`() {
        let cheap = planner([(16, 0.8, 1_000), (17, 0.96, 9_000), (255, 1, 8_000)])
        #expect(cheap.choose(.target(0.95), limit: 10).effort == nil)
        #expect(cheap.choose(.target(0.8), limit: 10).description.effort == 0)
        let dear = planner([(16, 0.8, 1_000), (17, 0.96, 9_000), (255, 1, 80_000)])
        #expect(dear.choose(.target(0.95), limit: 10).description.effort == 1)
        // The efforts that this tuning does not have are taken to reach what they are assumed to reach.
        #expect(dear.choose(.target(1), limit: 10).effort == nil)
    }

    @Test func `what an earlier ladder has measured counts for nothing`() {
        let old = planner([(0, 1, 10), (7, 1, 10)])
        let none = Planner(tuning: nil, documents: 100_000)
        #expect(
            old.choose(.target(0.95), limit: 10).description.effort
                == none.choose(.target(0.95), limit: 10).description.effort)
    }
}
