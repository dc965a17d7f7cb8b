import SparseStore
import Testing

/// Terms keep their numbers, and a number means one term, whatever becomes of a transaction.
@Suite struct VocabularyTests {
    private struct Abort: Error {}

    @Test func `a term of a transaction that was rolled back lends its number to no other`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        #expect(throws: Abort.self) {
            try store.write { transaction in
                // The second document looks the new term up again.
                for id in ["a", "b"] { try transaction.upsert(Document(id: id, terms: ["gone": 1])) }
                throw Abort()
            }
        }
        try store.write { try $0.upsert(Document(id: "c", terms: ["kept": 2])) }
        #expect(try store.search(["gone": 1]).isEmpty)
        #expect(try store.search(["kept": 1]).map(\.id) == ["c"])
        try store.write { try $0.upsert(Document(id: "d", terms: ["gone": 3])) }
        #expect(try store.search(["gone": 1]).map(\.id) == ["d"])
        #expect(try store.search(["kept": 1]).map(\.id) == ["c"])
        #expect(try store.document("d")?.content == .terms([WeightedTerm("gone", 3)]))
    }
}
