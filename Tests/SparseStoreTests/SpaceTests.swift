import SparseStore
import Testing

/// What replacing and removing leave behind is used again.
@Suite struct SpaceTests {
    @Test func `a file whose documents are replaced again and again stops growing`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open {
            $0.maintenance = .manual
            $0.durability = .lastCommitsMayBeLost
        }
        var vectors = RandomVectors(seed: 3)
        func replace(_ count: Int) throws {
            try store.write { transaction in
                for _ in 0..<count {
                    let id = "\(Int.random(in: 0..<1_000, using: &vectors.generator))"
                    try transaction.upsert(Document(id: id, vector: vectors.next()))
                }
            }
            try store.maintain()
        }
        try replace(3_000)
        var sizes: [Int] = []
        for _ in 0..<120 {
            try replace(40)
            sizes.append(try store.statistics().fileBytes)
        }
        let half = sizes[sizes.count / 2]
        #expect(sizes[sizes.count - 1] <= half + half / 10, "\(half) bytes after half of the rounds, then \(sizes.suffix(3))")
        let statistics = try store.statistics()
        #expect(statistics.deadBytes < statistics.liveBytes / 2)
        #expect(statistics.freeBytes + statistics.liveBytes <= statistics.fileBytes + 64 * 4_096)
        try store.optimize()
        let after = try store.statistics()
        #expect(after.deadBytes == 0 && after.segments.count == 1)
    }
}
