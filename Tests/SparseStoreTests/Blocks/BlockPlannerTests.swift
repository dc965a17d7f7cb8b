import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// When the planner takes the block index.
@Suite struct BlockPlannerTests {
    /// Efforts of windows have the numbers from 16 on, those of blocks from 96 on.
    private func planner(
        _ points: [(effort: UInt8, recall: Float, time: Float)], hasBlocks: Bool = true
    ) -> Planner {
        Planner(
            tuning: TuningRecord(
                generation: 1, documents: 1_000_000, queries: 100,
                points: points.map {
                    TuningRecord.Point(
                        limit: 10, effort: $0.effort, recall: $0.recall, time: $0.time, scored: 20)
                }),
            documents: 1_000_000, hasBlocks: hasBlocks)
    }

    private let points: [(effort: UInt8, recall: Float, time: Float)] = [
        (16, 0.8, 400_000), (20, 0.97, 900_000), (28, 0.995, 2_000_000), (96, 0.9, 10_000), (97, 0.96, 30_000),
        (98, 0.97, 90_000), (255, 1, 9_000_000),
    ]

    @Test func `blocks are taken where they are the fastest that reaches the target`() {
        let planner = planner(points)
        let choice = planner.choose(.target(0.95), terms: 5, limit: 10)
        #expect(choice.effort == .blocks(BlockLadder.plans[1]))
        #expect(choice.description.effort == ScanLadder.plans.count + 1)
        #expect(choice.description.isTuned)
        #expect(choice.description.blockLists == BlockLadder.plans[1].lists)
        #expect(choice.description.heapFactor == BlockLadder.plans[1].heapFactor)
        #expect(choice.description.droppedShare == nil)
        #expect(choice.description.expectedRecall.map { Float($0) } == 0.96)
        #expect(planner.choose(.target(0.99), terms: 5, limit: 10).effort == .windows(ScanLadder.plans[12]))
        #expect(planner.choose(.target(0.9999), terms: 5, limit: 10).effort == nil)
        #expect(planner.choose(.exact, terms: 5, limit: 10).effort == nil)
    }

    @Test func `without an index, without their points or under a narrow filter it is windows`() {
        let without = planner(points, hasBlocks: false).choose(.target(0.95), terms: 5, limit: 10)
        #expect(without.effort == .windows(ScanLadder.plans[4]))
        let untuned = planner(points.filter { $0.effort < 96 }).choose(.target(0.95), terms: 5, limit: 10)
        #expect(untuned.effort == .windows(ScanLadder.plans[4]))
        let never = Planner(tuning: nil, documents: 1_000_000, hasBlocks: true)
        for recall in [Recall.fast, .target(0.5), .target(0.95), .target(0.999)] {
            #expect(never.choose(recall, terms: 5, limit: 10).effort?.usesBlocks != true)
        }
        let planner = planner(points)
        #expect(planner.choose(.target(0.95), terms: 5, limit: 10, share: 0.9).effort?.usesBlocks == true)
        #expect(planner.choose(.target(0.95), terms: 5, limit: 10, share: 0.1).effort?.usesBlocks == false)
    }

    @Test func `blocks that take longer than windows are left alone`() {
        let dear = planner(points.map { $0.effort >= 96 ? ($0.effort, $0.recall, 9_000_000) : $0 })
        #expect(dear.choose(.target(0.95), terms: 5, limit: 10).effort == .windows(ScanLadder.plans[4]))
    }

    @Test func `numbers of efforts and efforts lead to each other`() {
        for effort in Effort.ladder.indices { #expect(Effort.effort(numbered: Effort.number(of: effort)) == effort) }
        #expect(Set(Effort.ladder.indices.map(Effort.number)).count == Effort.ladder.count)
        for number: UInt8 in [0, 15, 64, 71, Effort.exactNumber] { #expect(Effort.effort(numbered: number) == nil) }
    }

    @Test func `tuning measures the efforts of the block index where there is one`() throws {
        var blocks = try BlockCollection(documents: 300, building: nil)
        let queries = try (0..<4).map { _ in Query(vector: try blocks.collection.query()) }
        let without = try blocks.store.tune(queries: queries)
        #expect(!without.contains { ($0.effort ?? 0) >= ScanLadder.plans.count })
        try blocks.store.buildBlocks(BlockCollection.unpruned)
        let points = try blocks.store.tune(queries: queries)
        let ofBlocks = points.filter { ($0.effort ?? 0) >= ScanLadder.plans.count }
        let classes = Set(points.map(\.queryClass)).count
        #expect(ofBlocks.count == 2 * classes * BlockLadder.plans.count)
        #expect(ofBlocks.allSatisfy { $0.recall > 0 && $0.recall <= 1 })
        #expect(ofBlocks.allSatisfy { $0.microseconds > 0 })
        #expect(ofBlocks.allSatisfy { $0.documentsScored > 0 })
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `a tuned store may be searched by blocks, and answers with true scores`() throws {
        var blocks = try BlockCollection(documents: 4_200)
        // A tuning that finds blocks as good as free.
        let measured: [(effort: UInt8, recall: Float, time: Float)] = [
            (16, 0.9, 1e6), (103, 0.99, 10), (255, 1, 1e7),
        ]
        let points = measured.map {
            TuningRecord.Point(limit: 10, effort: $0.effort, recall: $0.recall, time: $0.time, scored: 20)
        }
        try blocks.store.file.write {
            try $0.put(TuningRecord(generation: 1, documents: 4_200, queries: 4, points: points))
        }
        let query = try blocks.collection.query()
        let result = try blocks.store.search(Query(vector: query), limit: 10, recall: .target(0.95))
        #expect(result.plan.blockLists == BlockLadder.plans[7].lists)
        #expect(result.plan.isTuned)
        #expect(!result.isExact)
        #expect(result.counters.blocks > 0)
        #expect(result.counters.segmentsScanned == 0)
        let truth = Dictionary(
            uniqueKeysWithValues: blocks.model().search(query, limit: .max).map { ($0.id, $0.score) })
        #expect(result.count == 10 && result.allSatisfy { truth[$0.id] == $0.score })
        // Documents that came later are found beside those of the index.
        let heaviest = zip(query.terms, query.weights).max { $0.1 < $1.1 }?.0 ?? 0
        let vector = try SparseVector([(heaviest, Float(1_000))])
        try blocks.store.write { try $0.upsert(Document(id: "late", vector: vector)) }
        let later = try blocks.store.search(Query(vector: query), limit: 10, recall: .target(0.95))
        #expect(later.first?.id == "late")
        #expect(later.plan.blockLists != nil)
    }
}
