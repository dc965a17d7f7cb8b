import Foundation
import SparseInterchange
import SparseStore
import TestSupport
import Testing

@testable import SparseText

@Suite("Texts in a store")
struct StoreTextTests {
    /// A store that is removed when the value goes.
    private final class Temporary {
        private let folder = TemporaryFolder()

        func open() throws -> Store { try Store.open(at: folder.path("test.sparse")) }
    }

    private func filled(_ temporary: Temporary) throws -> Store {
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(BM25(language: .english).description)
            try transaction.upsert(id: "engine", text: "Small engines are running in the hall")
            try transaction.upsert(id: "hall", text: "The hall is large and empty", tags: ["room"])
            try transaction.upsert(id: "garden", text: "A garden with trees")
        }
        return store
    }

    @Test
    func `documents and questions in plain words meet in their terms`() throws {
        let temporary = Temporary()
        let store = try filled(temporary)
        defer { store.close() }
        #expect(try store.search(text: "running engine").map(\.id) == ["engine"])
        #expect(Set(try store.search(text: "halls").map(\.id)) == ["engine", "hall"])
        #expect(try store.search(text: "the of and").isEmpty)
        #expect(try store.document("garden")?.payload == Array("A garden with trees".utf8))
    }

    @Test
    func `texts are filtered and grouped by the attributes that they were stored with`() throws {
        let temporary = Temporary()
        let store = try filled(temporary)
        defer { store.close() }
        try store.write { transaction in
            try transaction.upsert(id: "old", text: "An engine", attributes: ["year": 1990, "maker": "a"])
            try transaction.upsert(id: "new", text: "An engine", attributes: ["year": 2020, "maker": "b"])
            try transaction.upsert(id: "newer", text: "Engine by engine", attributes: ["year": 2024, "maker": "b"])
        }
        let recent = try store.search(text: "engines", options: SearchOptions(filter: .attribute("year") > 2000))
        #expect(Set(recent.map(\.id)) == ["new", "newer"])
        let grouped = SearchOptions(filter: .attribute("year") > 0, grouping: .by("maker"))
        #expect(try store.search(text: "engines", options: grouped).count == 2)
    }

    @Test
    func `a store that is opened again knows its encoder, and its parameters`() throws {
        let temporary = Temporary()
        try filled(temporary).close()
        let store = try temporary.open()
        defer { store.close() }
        #expect(try store.search(text: "gardens").map(\.id) == ["garden"])
        let description = try #require(try store.read { $0.encoder })
        #expect(description.name == "bm25:english")
        #expect(description.scoring == .bm25(k1: 0.9, b: 0.4))
    }

    @Test
    func `the weighting of a question is the encoder's, unless the options name one`() throws {
        let temporary = Temporary()
        let store = try filled(temporary)
        defer { store.close() }
        func scores(_ weighting: Weighting) throws -> [Float] {
            try store.search(text: "large hall", options: SearchOptions(weighting: weighting)).map(\.score)
        }
        #expect(try scores(.automatic) == scores(.corpusIDF))
        #expect(try scores(.none) != scores(.corpusIDF))
        let query: Query = ["hall": 1]
        let options = SearchOptions(weighting: .none)
        #expect(try store.search(query).map(\.score) == store.search(query, options: options).map(\.score))
    }

    @Test
    func `a question or a document through another encoder is refused with both names`() throws {
        let temporary = Temporary()
        let store = try filled(temporary)
        defer { store.close() }
        let other = BM25(language: try Language("german"))
        let asked = #expect(throws: SparseStoreError.self) { try store.search(text: "hall", encoder: other) }
        #expect(asked?.code == .encoderMismatch)
        #expect(asked?.message.contains("bm25:english") == true)
        #expect(asked?.message.contains("bm25:german") == true)
        let written = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(id: "x", text: "Halle", encoder: other) }
        }
        #expect(written?.code == .encoderMismatch)
    }

    @Test
    func `an analyzer with another setting has another fingerprint`() {
        var analyzer = Analyzer(language: .english)
        let usual = BM25(analyzer).description
        #expect(usual.agrees(with: BM25(Analyzer(language: .english)).description))
        analyzer.foldsMarks = true
        #expect(!usual.agrees(with: BM25(analyzer).description))
        analyzer.foldsMarks = false
        analyzer.stopWords.insert("engine")
        #expect(!usual.agrees(with: BM25(analyzer).description))
        #expect(!usual.agrees(with: BM25(Analyzer(language: .english), k1: 1.2).description))
    }

    @Test
    func `a store without an encoder says so`() throws {
        let temporary = Temporary()
        let store = try temporary.open()
        defer { store.close() }
        try store.write { try $0.upsert(Document(id: "a", terms: ["x": 1])) }
        let error = #expect(throws: SparseStoreError.self) { try store.search(text: "x") }
        #expect(error?.code == .invalidArgument)
        // The caller's word is taken.
        #expect(try store.search(text: "x", encoder: CountEncoder(Analyzer(language: nil))).map(\.id) == ["a"])
    }

    @Test
    func `a text without a term is refused`() throws {
        let temporary = Temporary()
        let store = try filled(temporary)
        defer { store.close() }
        try store.write { transaction in
            let error = #expect(throws: SparseStoreError.self) { try transaction.upsert(id: "empty", text: "the ...") }
            #expect(error?.code == .invalidVector)
        }
        #expect(try store.read { $0.count } == 3)
    }
}
