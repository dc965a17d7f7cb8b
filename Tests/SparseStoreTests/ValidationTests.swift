import Foundation
import SparseStore
import Testing

@Suite struct ValidationTests {
    @Test(arguments: [
        [WeightedTerm("t", .nan)], [WeightedTerm("t", .infinity)], [WeightedTerm("t", 0)], [WeightedTerm("t", -1)],
        [WeightedTerm("t", 1e16)], [WeightedTerm("t", 1e-16)], [WeightedTerm("t", 1), WeightedTerm("t", 2)], [],
        [WeightedTerm("", 1)], [WeightedTerm(String(repeating: "x", count: 401), 1)],
    ])
    func `a bad vector is refused and the transaction goes on`(terms: [WeightedTerm]) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            let error = #expect(throws: SparseStoreError.self) {
                try transaction.upsert(Document(id: "bad", terms: terms))
            }
            #expect(error?.code == .invalidVector)
            try transaction.upsert(Document(id: "good", terms: ["t": 1]))
        }
        #expect(try store.read { $0.count } == 1)
    }

    @Test func `identifiers, tags and payloads are held to their limits on both sides`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func attempt(_ document: Document) -> SparseStoreError.Code? {
            do {
                try store.write { try $0.upsert(document) }
                return nil
            } catch { return (error as? SparseStoreError)?.code }
        }
        let long = String(repeating: "i", count: Limits.maximumIdentifierBytes)
        #expect(attempt(Document(id: long, terms: ["t": 1])) == nil)
        #expect(attempt(Document(id: long + "i", terms: ["t": 1])) == .invalidArgument)
        #expect(attempt(Document(id: "", terms: ["t": 1])) == .invalidArgument)
        let tags = (0..<Limits.maximumTagsPerDocument).map { "tag\($0)" }
        #expect(attempt(Document(id: "a", terms: ["t": 1], tags: tags)) == nil)
        #expect(attempt(Document(id: "a", terms: ["t": 1], tags: tags + ["more"])) == .limitExceeded)
        let tag = String(repeating: "x", count: Limits.maximumTagBytes)
        #expect(attempt(Document(id: "a", terms: ["t": 1], tags: [tag])) == nil)
        #expect(attempt(Document(id: "a", terms: ["t": 1], tags: [tag + "x"])) == .invalidArgument)
        let term = String(repeating: "x", count: Limits.maximumTermBytes)
        #expect(attempt(Document(id: "a", terms: [term: 1])) == nil)
    }

    @Test func `a vector holds as many terms as the limit says and no more`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let terms = (0..<TermID(Limits.maximumTermsPerVector)).map { $0 }
        let vector = try SparseVector(terms: terms, weights: terms.map { _ in 1 })
        try store.write { try $0.upsert(Document(id: "full", vector: vector)) }
        #expect(try store.search(Query(vector: vector), limit: 1).first?.score == Float(terms.count))
        #expect(throws: VectorError.self) {
            try SparseVector(terms: terms + [TermID(terms.count)], weights: terms.map { _ in 1 } + [1])
        }
    }

    @Test(arguments: [0, -1, Limits.maximumResults + 1, Int.max, Int.min])
    func `a limit outside its range is refused`(limit: Int) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let error = #expect(throws: SparseStoreError.self) { try store.search(["t": 1], limit: limit) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `bad queries are refused and unknown terms are not`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        for query in [
            Query(terms: ["t": .nan]), Query(terms: ["t": -1e-20]), Query(terms: [.init("t", 1), .init("t", 1)]),
        ] {
            #expect(throws: SparseStoreError.self) { try store.search(query) }
        }
        let many = (0..<100_000).map { WeightedTerm("w\($0)", 1) }
        let error = #expect(throws: SparseStoreError.self) { try store.search(Query(terms: many)) }
        #expect(error?.code == .limitExceeded)
        #expect(try store.search(["unknown": 1]).isEmpty)
        #expect(try store.search([:]).isEmpty)
        #expect(try store.search(["t": 1], limit: Limits.maximumResults).count == 1)
    }

    @Test func `strings and numbers do not mix`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let vector = try SparseVector(terms: [1], weights: [1])
        #expect(try store.search(Query(vector: vector)).isEmpty)
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        let write = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "n", vector: vector)) }
        }
        #expect(write?.code == .termSpaceMismatch)
        let search = #expect(throws: SparseStoreError.self) { try store.search(Query(vector: vector)) }
        #expect(search?.code == .termSpaceMismatch)
    }

    @Test func `opening what is not a store says so and changes nothing`() throws {
        let temporary = try TemporaryStore()
        let garbage = Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try garbage.write(to: URL(fileURLWithPath: temporary.path))
        let error = #expect(throws: SparseStoreError.self) { try temporary.open() }
        #expect(error?.code == .notAStore || error?.code == .corrupted)
        #expect(try Data(contentsOf: URL(fileURLWithPath: temporary.path)) == garbage)
        let missing = #expect(throws: SparseStoreError.self) {
            try TemporaryStore().open { $0.createsIfMissing = false }
        }
        #expect(missing?.code == .notFound)
    }

    @Test func `a store is open once in a process, private to its owner, and closed when closed`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let second = #expect(throws: SparseStoreError.self) { try temporary.open() }
        #expect(second?.code == .alreadyOpen)
        for path in [temporary.path, temporary.path + "-lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
        store.close()
        let closed = #expect(throws: SparseStoreError.self) { try store.search(["t": 1]) }
        #expect(closed?.code == .closed)
        let reopened = try temporary.open()
        #expect(try reopened.read { $0.count } == 0)
    }

    @Test func `a store opened for reading refuses writes`() throws {
        let temporary = try TemporaryStore()
        let first = try temporary.open()
        try first.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        first.close()
        let store = try temporary.open { $0.isReadOnly = true }
        #expect(try store.search(["t": 1]).count == 1)
        let error = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "e", terms: ["t": 1])) }
        }
        #expect(error?.code == .readOnly)
    }

    @Test func `a small map grows in the middle of a transaction and nothing is lost`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.mapSize = 1 << 20 }
        var runs = 0
        try store.write { transaction in
            runs += 1
            for index in 0..<3_000 {
                let payload = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* index) }
                try transaction.upsert(Document(id: "\(index)", terms: ["t": 1, "w\(index)": 2], payload: payload))
            }
        }
        #expect(runs > 1)
        #expect(try store.read { $0.count } == 3_000)
        #expect(try store.search(["w2999": 1]).map(\.id) == ["2999"])
    }

    @Test func `what is refused names the document, and the term`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func message(_ document: Document) throws -> String {
            try #require(throws: SparseStoreError.self) { try store.write { try $0.upsert(document) } }.message
        }
        #expect(try message(Document(id: "d7", terms: ["word": .nan])).hasPrefix("document 'd7': "))
        #expect(try message(Document(id: "d7", terms: ["word": .nan])).contains("'word'"))
        #expect(try message(Document(id: "d7", terms: ["word": 1, "word": 2])).contains("'word'"))
        #expect(try message(Document(id: "d7", terms: ["a": 1], tags: [""])).contains("'d7'"))
        #expect(try message(Document(id: "d7", terms: [WeightedTerm]())).contains("'d7'"))
    }

    @Test func `what is refused names the file`() throws {
        let temporary = try TemporaryStore()
        let missing = temporary.path + "-missing"
        var configuration = Configuration()
        configuration.createsIfMissing = false
        let error = #expect(throws: SparseStoreError.self) {
            try Store.open(at: missing, configuration: configuration)
        }
        #expect(error?.message.contains(missing) == true)
        let store = try temporary.open()
        store.close()
        let closed = #expect(throws: SparseStoreError.self) { try store.search(["a": 1]) }
        #expect(closed?.message.contains("\(store.path)") == true)
    }

    @Test func `an empty file is no store, and the remedy is said`() throws {
        let temporary = try TemporaryStore()
        let path = temporary.path
        try Data().write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SparseStoreError.self) { try Store.open(at: path) }
        #expect(error?.code == .notAStore)
        #expect(error?.message.contains("remove it") == true)
    }
}
