import SparseStore
import Testing

@Suite struct DocumentTests {
    @Test func `a document comes back as it was written, also after reopening`() throws {
        let temporary = try TemporaryStore()
        let payload = Array(#"{"title": "caf\u{e9}"}"#.utf8)
        let written = Document(id: "d1", terms: ["swift": 1.25, "caf\u{e9}": 0.5], payload: payload, tags: ["b", "a"])
        do {
            let store = try temporary.open()
            try store.write { try $0.upsert(written) }
            store.close()
        }
        let store = try temporary.open()
        let read = try #require(try store.document("d1"))
        #expect(read.payload == payload)
        #expect(Set(read.tags) == ["a", "b"])
        guard case .terms(let terms) = read.content else {
            throw SparseStoreError(.internalError, problem: "not terms")
        }
        #expect(Set(terms) == Set([WeightedTerm("swift", 1.25), WeightedTerm("caf\u{e9}", 0.5)]))
        #expect(try store.document("d2") == nil)
        #expect(try store.contains("d1"))
    }

    @Test func `an upsert takes the place of the old document in every respect`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["old": 1, "kept": 1], payload: [1])) }
        try store.write { try $0.upsert(Document(id: "d", terms: ["new": 2, "kept": 1])) }
        #expect(try store.search(["old": 1]).isEmpty)
        #expect(try store.search(["new": 1]).map(\.score) == [2])
        #expect(try store.document("d")?.payload == nil)
        #expect(try store.read { $0.count } == 1)
        try store.write { transaction in
            try transaction.upsert(Document(id: "d", terms: ["twice": 1]))
            try transaction.upsert(Document(id: "d", terms: ["thrice": 1]))
            #expect(try transaction.remove("absent") == false)
        }
        #expect(try store.search(["twice": 1]).isEmpty)
        #expect(try store.search(["thrice": 1]).count == 1)
    }

    @Test func `a transaction sees its own changes and a throw undoes them all`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "stays", terms: ["t": 1])) }
        #expect(throws: Stop.self) {
            try store.write { transaction in
                try transaction.upsert(Document(id: "goes", terms: ["t": 1, "fresh": 1], payload: [7]))
                try transaction.remove("stays")
                #expect(try transaction.contains("goes"))
                #expect(try transaction.document("goes")?.payload == [7])
                #expect(try !transaction.contains("stays"))
                throw Stop()
            }
        }
        #expect(try store.search(["t": 1]).map(\.id) == ["stays"])
        #expect(try store.search(["fresh": 1]).isEmpty)
        #expect(try store.read { try $0.termID(named: "fresh") } == nil)
        #expect(try store.read { $0.generation } == 1)
    }

    @Test func `a snapshot keeps its commit while others come`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        try store.read { snapshot in
            for index in 0..<20 { try store.write { try $0.upsert(Document(id: "n\(index)", terms: ["t": 2])) } }
            try store.write { try $0.remove("a") }
            #expect(try snapshot.search(["t": 1]).map(\.id) == ["a"])
            #expect(snapshot.count == 1)
            #expect(try snapshot.document("a") != nil)
        }
        #expect(try store.search(["t": 1], limit: 50).count == 20)
    }

    @Test func `documents are iterated in the order they were written`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for index in 0..<600 { try transaction.upsert(Document(id: "d\(index)", terms: ["t": 1])) }
            try transaction.remove("d3")
        }
        var ids: [String] = []
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                ids.append(document.id)
                return ids.count < 500
            }
        }
        #expect(ids == (0..<501).filter { $0 != 3 }.map { "d\($0)" })
    }

    @Test func `a bookmark commits and rolls back with the documents`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.setBookmark("source", to: [1, 2]) }
        #expect(throws: Stop.self) {
            try store.write { transaction in
                try transaction.setBookmark("source", to: [3])
                throw Stop()
            }
        }
        #expect(try store.read { try $0.bookmark("source") } == [1, 2])
        try store.write { try $0.setBookmark("source", to: nil) }
        #expect(try store.read { try $0.bookmark("source") } == nil)
    }

    @Test func `a transaction that changes nothing makes no commit`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        try store.write { try $0.remove("absent") }
        #expect(try store.read { $0.generation } == 1)
    }

    @Test func `payloads are compressed by a trained dictionary and come back whole`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func payload(_ index: Int) -> [UInt8] {
            Array(#"{"title": "Article number \#(index)", "section": "engineering", "language": "english"}"#.utf8)
        }
        for batch in 0..<6 {
            try store.write { transaction in
                for index in batch * 500..<(batch + 1) * 500 {
                    try transaction.upsert(Document(id: "\(index)", terms: ["t": 1], payload: payload(index)))
                }
            }
        }
        #expect(try store.statistics().dictionaries == 1)
        for index in stride(from: 0, to: 3_000, by: 7) {
            #expect(try store.document("\(index)")?.payload == payload(index))
        }
    }

    @Test func `strings that only look alike are different terms`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "composed", terms: [WeightedTerm("caf\u{e9}", 1)]))
            try transaction.upsert(Document(id: "decomposed", terms: [WeightedTerm("cafe\u{301}", 1)]))
        }
        #expect(try store.search(Query(terms: [WeightedTerm("caf\u{e9}", 1)])).map(\.id) == ["composed"])
        #expect(try store.search(Query(terms: [WeightedTerm("cafe\u{301}", 1)])).map(\.id) == ["decomposed"])
    }

    /// Found by reading: what a search remembers of a commit points into the map, which may move without a commit.
    @Test func `a search after a map growth that was rolled back reads the new map`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.mapSize = 4 << 20 }
        try store.write { transaction in
            for index in 0..<400 {
                let terms = Dictionary(uniqueKeysWithValues: (0..<60).map { ("w\(index + $0)", Float(1 + $0 % 3)) })
                try transaction.upsert(Document(id: "\(index)", terms: terms))
            }
        }
        let before = try store.search(["w100": 1], limit: 20)
        #expect(throws: Stop.self) {
            try store.write { transaction in
                for index in 0..<100 {
                    let payload = [UInt8](repeating: UInt8(index), count: 100_000)
                    let noise = payload.indices.map { UInt8(truncatingIfNeeded: $0 &* $0 &+ index) }
                    try transaction.upsert(Document(id: "new\(index)", terms: ["t": 1], payload: noise))
                }
                throw Stop()
            }
        }
        #expect(try store.search(["w100": 1], limit: 20).hits == before.hits)
    }
}
