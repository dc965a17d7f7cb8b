import SparseStore
import Testing

/// What replacing and removing leave behind is used again.
@Suite struct SpaceTests {
    @Test func `a file whose documents are replaced again and again takes the room of a few of them`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open {
            $0.maintenance = .manual
            $0.durability = .lastCommitsMayBeLost
        }
        var vectors = RandomVectors(seed: 3)
        vectors.terms = 10...20
        func replace(_ count: Int) throws {
            try store.write { transaction in
                for _ in 0..<count {
                    let id = "\(Int.random(in: 0..<300, using: &vectors.generator))"
                    try transaction.upsert(Document(id: id, vector: vectors.next()))
                }
            }
            try store.maintain()
        }
        try replace(900)
        for _ in 0..<150 { try replace(30) }
        let statistics = try store.statistics()
        // Many times what is live was written by then, and all of it would lie there if room were not used again. So small
        // a store is one segment, which is there twice whenever it is merged.
        #expect(Int(statistics.bytesWritten) > 8 * statistics.liveBytes, "\(statistics.bytesWritten) bytes written")
        #expect(
            statistics.fileBytes < 4 * statistics.liveBytes, "\(statistics.fileBytes), live \(statistics.liveBytes)")
        #expect(statistics.deadBytes < statistics.liveBytes / 2)
        #expect(statistics.freeBytes + statistics.liveBytes <= statistics.fileBytes + (1 << 18))
        try store.optimize()
        let after = try store.statistics()
        #expect(after.deadBytes == 0)
        #expect(after.segments.count == 1)
    }
}
