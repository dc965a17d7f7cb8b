import LMDB
import Testing

@testable import SparseFormat
@testable import SparseStore

/// The same documents in the same transactions make the same bytes, and the bound on memory is kept.
@Suite struct DeterminismTests {
    /// Documents of two transactions, merged.
    private func built(_ temporary: TemporaryStore, memory: Int) throws -> Store {
        let store = try temporary.open {
            $0.maintenance = .manual
            $0.mergePolicy.memory = memory
        }
        var vectors = RandomVectors(seed: 5)
        for batch in 0..<2 {
            try store.write { transaction in
                for index in 0..<400 {
                    try transaction.upsert(
                        Document(id: "\(batch)-\(index)", vector: try vectors.next(), tags: ["\(index % 7)"]))
                }
            }
        }
        try store.optimize()
        return store
    }

    @Test func `two builds make the same bytes`() throws {
        let temporaries = [try TemporaryStore(), try TemporaryStore()]
        defer { withExtendedLifetime(temporaries) {} }
        let contents = try temporaries.map { temporary in
            try built(temporary, memory: 1 << 30).read { snapshot in
                try snapshot.view.read { reader in
                    var values: [[UInt8]: [UInt8]] = [:]
                    for table in [TableNumber.segments, .documents, .statistics] {
                        var cursor = try reader.cursor(table)
                        while let entry = try cursor.next() { values[Array(entry.key)] = Array(entry.value) }
                    }
                    return values
                }
            }
        }
        #expect(contents[0] == contents[1])
        #expect(contents[0].count > 800)
    }

    @Test func `a seed makes the same sample queries, and another makes others`() throws {
        let temporary = try TemporaryStore()
        let store = try built(temporary, memory: 1 << 30)
        let samples = try ([1, 1, 2] as [UInt64]).map { seed in
            try store.read { snapshot in
                var made = MadeQueries(snapshot.view, seed: seed)
                return try (0..<10).compactMap { _ in try made.next(length: 8)?.terms }
            }
        }
        #expect(samples[0] == samples[1] && samples[0] != samples[2])
    }

    @Test func `windows hold what little memory allows, and searches find the same`() throws {
        let (large, small) = (try TemporaryStore(), try TemporaryStore())
        let (one, many) = (try built(large, memory: 1 << 30), try built(small, memory: 1 << 20))
        var policy = MergePolicy()
        policy.memory = 1 << 20
        // One document of at most 60 terms may pass the mark.
        let most = UInt64(policy.nonzerosPerWindow + 60)
        func largest(_ store: Store) throws -> UInt64 {
            try store.read { $0.manifest.segments.map(\.nonzeros).max() ?? 0 }
        }
        #expect(try largest(one) > most)
        #expect(try largest(many) <= most)
        #expect(try largest(many) > most / 2)
        var vectors = RandomVectors(seed: 6)
        for _ in 0..<10 {
            let query = Query(vector: try vectors.next())
            #expect(try many.search(query, recall: .exact).hits == one.search(query, recall: .exact).hits)
        }
        #expect(try many.verify(.deep).isClean)
    }
}
