import Testing

@testable import SparseStore

/// Identifiers, terms and tags are bytes: texts that Swift calls equal, because they are canonically equivalent, are
/// two.
@Suite struct TextEqualityTests {
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"

    /// A store with a document of each spelling, the decomposed one with a tag of its own spelling.
    private func filled(_ temporary: TemporaryStore) throws -> Store {
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: Self.composed, terms: ["x": 1], tags: [Self.composed]))
            try transaction.upsert(Document(id: Self.decomposed, terms: ["x": 1], tags: [Self.decomposed]))
        }
        return store
    }

    private func bytes(_ hits: some Sequence<Hit>) -> [[UInt8]] { hits.map { Array($0.id.utf8) } }

    @Test func `a filter of two spellings lets both documents through`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        var options = SearchOptions()
        options.filter = .ids([Self.composed, Self.decomposed])
        #expect(try store.search(["x": 1], options: options).count == 2)
        options.filter = .ids([Self.decomposed])
        #expect(try bytes(store.search(["x": 1], options: options)) == [Array(Self.decomposed.utf8)])
    }

    @Test func `filters of two spellings are two filters`() {
        #expect(Filter.tag(Self.composed) != .tag(Self.decomposed))
        #expect(Filter.ids([Self.composed]) != .ids([Self.decomposed]))
        #expect(Filter.not(.tag(Self.composed)) == .not(.tag(Self.composed)))
    }

    @Test func `a dictionary literal with two spellings of a term makes two terms`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write {
            try $0.upsert(Document(id: "d", terms: ["\u{212B}": 1, "\u{C5}": 2, "A\u{30A}": 4]))
        }
        #expect(try store.search(["\u{C5}": 1]).map(\.score) == [2])
        #expect(try store.search(Query(terms: ["\u{212B}": 1, "A\u{30A}": 1])).map(\.score) == [5])
    }

    @Test func `a term that stands twice in a literal is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let error = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "d", terms: ["x": 1, "x": 2])) }
        }
        #expect(error?.code == .invalidVector)
    }

    @Test func `equal scores are ordered by the bytes of the identifiers`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let expected = [Array(Self.decomposed.utf8), Array(Self.composed.utf8)]
        #expect(try bytes(store.search(["x": 1])) == expected)
        let fused = try store.search(
            ["x": 1], options: SearchOptions(),
            stages: [.fuse(ExternalRanking(ids: [Self.composed, Self.decomposed]), by: .weightedSum(.zScore))])
        #expect(fused.count == 2)
    }

    @Test func `values that differ in a spelling alone are not equal`() {
        #expect(WeightedTerm(Self.composed, 1) != WeightedTerm(Self.decomposed, 1))
        let composed = Document(id: Self.composed, terms: ["x": 1])
        #expect(composed != Document(id: Self.decomposed, terms: ["x": 1]))
        #expect(composed == Document(id: Self.composed, terms: ["x": 1]))
        #expect(Query(terms: [WeightedTerm(Self.composed, 1)]) != Query(terms: [WeightedTerm(Self.decomposed, 1)]))
        #expect(ExternalRanking(ids: [Self.composed]) != ExternalRanking(ids: [Self.decomposed]))
    }

    @Test func `keys are ordered as their bytes are`() {
        let texts = ["", "a", "ab", "b", Self.composed, Self.decomposed, "\u{1F600}", "z"]
        for first in texts {
            for second in texts {
                #expect(
                    (TextKey(first) < TextKey(second)) == first.utf8.lexicographicallyPrecedes(second.utf8),
                    "\(first) and \(second)")
            }
        }
    }
}
