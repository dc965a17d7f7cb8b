import SparseFormat
import Testing

@testable import SparseStore

/// What a tuning measures, with times that the tests set.
@Suite struct TunerTests {
    private let blocks: BlockCollection
    private let queries: [SparseVector]

    init() throws {
        var blocks = try BlockCollection(documents: 300, building: BlockCollection.unpruned)
        queries = try (0..<6).map { _ in try blocks.collection.query() }
        self.blocks = blocks
    }

    /// Returns what a tuning measures if searches take the given times.
    private func measure(_ time: @escaping (Effort?) -> UInt64) throws -> [TuningRecord.Point] {
        try blocks.store.read { snapshot in
            var tuner = Tuner(
                view: snapshot.view, scoring: nil,
                groups: [try queries.map { try snapshot.resolve(Query(vector: $0), .none) }])
            tuner.time = { effort, search in
                try search()
                return time(effort)
            }
            return try snapshot.source.scratch.withScratch { try tuner.measure($0) { _, _ in } }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `the plan of a target is the fastest of those that reach it`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let searches: [Effort?] = Effort.ladder + [nil]
        let times = Dictionary(uniqueKeysWithValues: searches.map { ($0, 1_000 + generator.next() % 1_000_000) })
        let points = try measure { times[$0] ?? 0 }
        #expect(points.allSatisfy { $0.time > 0 })
        let planner = Planner(
            tuning: TuningRecord(generation: 1, documents: 1_000_000, queries: 6, points: points),
            documents: 1_000_000, hasBlocks: true)
        for limit in Tuner.limits {
            for target in [0.5, 0.8, 0.9, 0.95, 0.99, 1] {
                let reaching = points.filter { Int($0.limit) == limit && Double($0.recall) >= target }
                let fastest = try #require(reaching.min { $0.time < $1.time })
                let choice = planner.choose(.target(target), limit: limit)
                #expect(choice.effort == Effort.effort(numbered: fastest.effort).map { Effort.ladder[$0] })
            }
        }
    }

    @Test func `a time is the mean of all queries, in microseconds`() throws {
        var nanoseconds: UInt64 = 0
        let points = try measure { effort in
            guard effort == nil else { return 0 }
            nanoseconds += 1_000
            return nanoseconds
        }
        let exact = points.filter { $0.effort == Effort.exactNumber }.map(\.time)
        #expect(exact == [3.5, 9.5])
        #expect(points.filter { $0.effort != Effort.exactNumber }.allSatisfy { $0.time == 0 })
    }

    /// A query that was just asked finds its documents in the processor's cache.
    @Test func `no query is asked twice in a row while searches are timed`() throws {
        var order: [Effort?] = []
        _ = try measure { effort in
            order.append(effort)
            return 1
        }
        let searches: [Effort?] = Effort.ladder + [nil]
        let once = searches.flatMap { effort in queries.map { _ in effort } }
        #expect(order == once + once)
    }
}
