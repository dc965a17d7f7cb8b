import SparseStore
import Testing

@Suite struct WarmTests {
    @Test(arguments: [IndexProfile.fast, .compact])
    func `warming brings in no more than it is allowed, and all of the index when it may`(profile: IndexProfile) throws
    {
        let collection = try RetrievalCollection(seed: 1, documents: 400, profile: profile)
        let all = try collection.store.warm()
        #expect(all > 0)
        #expect(try collection.store.warm(all) == all)
        #expect(try collection.store.warm(0) == 0)
        var last = 0
        for bytes in stride(from: 0, through: all, by: max(1, all / 20)) {
            let loaded = try collection.store.warm(bytes)
            #expect(loaded <= bytes)
            #expect(loaded >= last)
            last = loaded
        }
    }

    @Test func `warming an empty store brings in nothing, and a number below zero is refused`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        #expect(try await store.warm() == 0)
        await #expect(throws: SparseStoreError.self) { try await store.warm(-1) }
    }
}
