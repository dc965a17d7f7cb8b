import SparseFormat
import Testing

@testable import SparseStore

/// A store of many segments, which several threads open.
@Suite(.timeLimit(.minutes(10))) struct SegmentOpeningTests {
    private static let segments = 24

    /// Each commit becomes a segment, as nothing merges them.
    private func make(_ temporary: TemporaryStore, _ collection: inout TaggedCollection) throws -> Store {
        let store = try temporary.open { $0.maintenance = .manual }
        for _ in 0..<Self.segments {
            try store.write { transaction in
                for _ in 0..<20 { try transaction.upsert(collection.add()) }
            }
        }
        return store
    }

    @Test func `segments that are opened together give the answers of those opened one by one`() throws {
        let temporary = try TemporaryStore()
        var collection = TaggedCollection(seed: 7)
        let store = try make(temporary, &collection)
        let queries = try (0..<10).map { _ in Query(vector: try collection.query()) }
        let before = try queries.map { try store.search($0, limit: 30, recall: .exact).hits }
        store.close()
        let again = try temporary.open { $0.maintenance = .manual }
        let members = try again.source.snapshot().index.members
        #expect(members.count == Self.segments)
        #expect(members.map(\.segment.id) == members.map(\.segment.id).sorted())
        #expect(try queries.map { try again.search($0, limit: 30, recall: .exact).hits } == before)
    }

    @Test func `damage in one of many segments is an error that names it`() throws {
        let temporary = try TemporaryStore()
        var collection = TaggedCollection(seed: 8)
        let store = try make(temporary, &collection)
        let damaged = try store.source.snapshot().index.members[13].segment.id
        try store.file.write { writer in
            let key = SegmentTable.Part.directory.key(damaged).bytes
            var value = Array(try writer.reader.segments.part(damaged, .directory))
            value[value.count - 1] ^= 1
            try writer.put(.segments, key, value)
        }
        store.close()
        let again = try temporary.open { $0.maintenance = .manual }
        let error = #expect(throws: SparseStoreError.self) { try again.search(["t": 1]) }
        #expect(error?.code == .corrupted)
        let name = String(damaged, radix: 16)
        let padded = String(repeating: "0", count: 8 - name.count) + name
        #expect(error?.message.contains("'segments' at key \(padded)01") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [1, 2, 64]) func `each index is taken once and values are in order`(threads: Int) {
        #expect(WorkerThread.map(500, onUpTo: threads) { $0 * $0 } == (0..<500).map { $0 * $0 })
        #expect(WorkerThread.map(0, onUpTo: threads) { $0 }.isEmpty)
        #expect(WorkerThread.map(500, onUpTo: threads, isStopped: { true }) { $0 }.isEmpty)
    }
}
