import Foundation
import Testing

@testable import SparseStore

/// Searches with every combination of options against brute force.
@Suite struct RetrievalTests {
    private struct Name: Codable, Equatable { let name: String }

    @Test(arguments: [UInt64(1), 2, 3, 4], [IndexProfile.fast, .compact])
    func `an exact answer equals brute force, with filters, groups, minimum scores and weights of either sign`(
        seed: UInt64, profile: IndexProfile
    ) throws {
        var collection = try RetrievalCollection(seed: seed, profile: profile)
        for round in 0..<60 {
            let asked = try collection.ask(isSigned: round % 2 == 1)
            for limit in [1, 7, 2_000] {
                var options = collection.options(asked, limit: limit)
                options.countsMatches = true
                let found = try collection.store.search(collection.query(asked), options: options)
                let expected = collection.groups(asked).prefix(limit).flatMap(\.self)
                let place: Comment = "seed \(seed), round \(round), limit \(limit): \(asked)"
                #expect(found.map(\.id) == expected.map(\.id), place)
                #expect(found.map(\.score) == expected.map(\.score), place)
                #expect(found.matches == collection.matches(asked).count, place)
                #expect(found.isExact, place)
                if asked.best != nil {
                    #expect(
                        found.map(\.group) == expected.map { GroupValue(RetrievalCollection.group($0.id)).value }, place
                    )
                } else {
                    #expect(found.allSatisfy { $0.group == nil }, place)
                }
            }
        }
    }

    @Test(arguments: [30, 400])
    func `an exact answer from a window of more blocks than hits equals brute force`(groups: Int) throws {
        var collection = try RetrievalCollection(seed: 9, documents: 3_000, groups: groups)
        try collection.store.optimize()
        for round in 0..<12 {
            let asked = try collection.ask(isSigned: round % 4 == 3)
            let all = collection.groups(asked)
            for limit in [1, 3, 10] {
                let found = try collection.store.search(
                    collection.query(asked), options: collection.options(asked, limit: limit))
                let expected = all.prefix(limit).flatMap(\.self)
                let place: Comment = "\(groups) groups, round \(round), limit \(limit): \(asked)"
                #expect(found.map(\.id) == expected.map(\.id), place)
                #expect(found.map(\.score) == expected.map(\.score), place)
            }
        }
    }

    @Test(arguments: [UInt64(5), 6], [Recall.exact, .fast])
    func `pages joined equal one long answer`(seed: UInt64, recall: Recall) throws {
        var collection = try RetrievalCollection(seed: seed)
        for round in 0..<40 {
            let asked = try collection.ask(isSigned: round % 4 == 3)
            let query = collection.query(asked)
            var options = collection.options(asked, limit: Int.random(in: 1...40, using: &collection.vectors.generator))
            options.recall = recall
            options.offset = round % 3
            let whole = collection.groups(asked).dropFirst(options.offset).flatMap(\.self)
            var joined: [Hit] = []
            var pages = 0
            repeat {
                let page = try collection.store.search(query, options: options)
                joined += page.hits
                options.after = page.cursor
                options.offset = 0
                pages += 1
            } while options.after != nil && pages < 1_000
            let place: Comment = "seed \(seed), round \(round): \(asked)"
            #expect(Set(joined.map(\.id)).count == joined.count, place)
            if recall == .exact {
                #expect(joined.map(\.id) == whole.map(\.id), place)
                #expect(joined.map(\.score) == whole.map(\.score), place)
            } else {
                let scores = Dictionary(uniqueKeysWithValues: collection.matches(asked).map { ($0.id, $0.score) })
                #expect(joined.allSatisfy { scores[$0.id] == $0.score }, place)
                if asked.best == nil {
                    #expect(zip(joined, joined.dropFirst()).allSatisfy { $0.score >= $1.score }, place)
                }
            }
        }
    }

    @Test func `pages of a search of several stages joined equal one long answer`() throws {
        var collection = try RetrievalCollection(seed: 8)
        let stages: [[SearchStage]] = [
            [.rerank(.diversity(relevance: 0.7), candidates: 30)],
            [.rerank(.scoring { Float($0.id.utf8.reduce(0) { $0 &+ Int($1) }) }, candidates: 25), .minimumScore(300)],
            [.feedback(Feedback(.best(2), terms: 5))],
        ]
        for round in 0..<12 {
            var asked = try collection.ask(isSigned: false)
            asked.minimumScore = nil
            let query = collection.query(asked)
            var options = collection.options(asked, limit: 80)
            let whole = try collection.store.search(query, options: options, stages: stages[round % 3])
            options.limit = 9
            var joined: [Hit] = []
            repeat {
                let page = try collection.store.search(query, options: options, stages: stages[round % 3])
                joined += page.hits
                options.after = page.cursor
            } while options.after != nil && joined.count < whole.count
            #expect(joined.prefix(whole.count).map(\.id) == whole.map(\.id), "round \(round): \(asked)")
        }
    }

    @Test func `a grouped answer of several stages is grouped by what the last stage has made`() throws {
        var collection = try RetrievalCollection(seed: 9)
        var asked = try collection.ask(isSigned: false)
        (asked.filter, asked.minimumScore, asked.best) = (nil, nil, 2)
        @Sendable func number(_ id: String) -> Float { Float(id.split(separator: "#").last.flatMap { Int($0) } ?? 0) }
        let found = try collection.store.search(
            collection.query(asked), options: collection.options(asked, limit: 10),
            stages: [.rerank(.scoring { number($0.id) }, candidates: 40)])
        // The documents of 40 groups, the best 40 of them ranked by their numbers, and grouped.
        let first = collection.groups(asked).prefix(40).flatMap(\.self)
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }.map(\.id)
        let candidates = first.prefix(40).sorted { number($0) > number($1) } + first.dropFirst(40)
        let expected = Groups.arranged(candidates, best: 2) { RetrievalCollection.group($0) }.prefix(10).flatMap(\.self)
        #expect(found.map(\.id) == expected)
    }

    @Test func `a page goes on behind its cursor when the store has changed`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let options = SearchOptions(limit: 5, recall: .exact)
        let first = try store.search(["t": 1], options: options)
        #expect(first.map(\.id) == ["d20", "d19", "d18", "d17", "d16"])
        try store.write { transaction in
            try transaction.upsert(Document(id: "new top", terms: ["t": 100]))
            try transaction.upsert(Document(id: "new next", terms: ["t": 15.5]))
            try transaction.remove("d15")
        }
        let second = try store.search(["t": 1], options: SearchOptions(limit: 5, recall: .exact, after: first.cursor))
        #expect(second.map(\.id) == ["new next", "d14", "d13", "d12", "d11"])
        let planned = try store.search(["t": 1], options: SearchOptions(limit: 5, recall: .fast, after: first.cursor))
        #expect(planned.map(\.id) == second.map(\.id))
    }

    @Test func `a cursor of another question, another store or a list is refused`() throws {
        let (temporary, other) = (try TemporaryStore(), try TemporaryStore())
        let (store, second) = (try temporary.openNumbered(), try other.openNumbered())
        let cursor = try #require(try store.search(["t": 1], limit: 5).cursor)
        func code(_ store: Store, _ query: Query, _ options: SearchOptions) -> SparseStoreError.Code? {
            do throws(SparseStoreError) {
                _ = try store.search(query, options: options)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(store, ["t": 1], SearchOptions(after: cursor)) == nil)
        #expect(code(store, ["t": 1], SearchOptions(limit: 3, recall: .exact, fields: .all, after: cursor)) == nil)
        #expect(code(second, ["t": 1], SearchOptions(after: cursor)) == .invalidCursor)
        #expect(code(store, ["t": 2], SearchOptions(after: cursor)) == .invalidCursor)
        #expect(code(store, ["t": 1], SearchOptions(filter: .tag("even"), after: cursor)) == .invalidCursor)
        #expect(code(store, ["t": 1], SearchOptions(weighting: .corpusIDF, after: cursor)) == .invalidCursor)
        #expect(
            code(store, ["t": 1], SearchOptions(grouping: .byIDPrefix(upTo: "#"), after: cursor)) == .invalidCursor)
        let uuid = store.source.uuid
        let list = Cursor(.list, store: uuid, question: 0, position: [])
        #expect(code(store, ["t": 1], SearchOptions(after: list)) == .invalidCursor)
        let damaged = Cursor(
            .search, store: uuid,
            question: Question(query: ["t": 1], options: SearchOptions()).hash, position: [255])
        #expect(code(store, ["t": 1], SearchOptions(after: damaged)) == .invalidCursor)
    }

    @Test func `the same question has the same cursor in whatever order its parts are given`() throws {
        let terms = (0..<40).map { WeightedTerm("term \($0)", Float($0) + 1) }
        let ids = (0..<40).map(String.init)
        func hash(_ terms: [WeightedTerm], _ ids: [String]) -> UInt64 {
            Question(query: Query(terms: terms), options: SearchOptions(filter: .ids(ids))).hash
        }
        #expect(hash(terms, ids) == hash(terms.reversed(), ids.reversed()))
    }

    @Test func `an offset passes over hits, and one past the last leaves none`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let page = try store.search(["t": 1], options: SearchOptions(limit: 3, offset: 4))
        #expect(page.map(\.id) == ["d16", "d15", "d14"])
        #expect(try store.search(["t": 1], options: SearchOptions(offset: 20)).isEmpty)
        #expect(throws: SparseStoreError.self) { try store.search(["t": 1], options: SearchOptions(offset: -1)) }
        #expect(throws: SparseStoreError.self) {
            try store.search(["t": 1], options: SearchOptions(limit: 1_000_000, offset: 1))
        }
    }

    @Test func `hits bring the fields that are asked for, and no others`() async throws {
        let collection = try RetrievalCollection(seed: 11, documents: 100)
        let id = try #require(collection.documents.keys.sorted().first)
        let entry = try #require(collection.documents[id])
        let query = Query(vector: entry.vector)
        let plain = try await collection.store.search(query, limit: 100, recall: .exact)
        let none = try #require(plain.first { $0.id == id })
        #expect(none.payload == nil)
        #expect(none.tags.isEmpty)
        #expect(none.vector == nil)
        let options = SearchOptions(limit: 100, fields: .all)
        for result in [
            try await collection.store.search(query, options: options),
            try await collection.store.search(query, options: options, stages: [.rerank(.diversity())]),
            try await collection.store.search(
                query, options: options, rerankedBy: ModelReranker(copying: \.id) { $0.map { _ in 1 } }),
        ] {
            let hit = try #require(result.first { $0.id == id })
            #expect(hit.payload == Array("{\"name\": \"\(id)\"}".utf8))
            #expect(try hit.payload(as: Name.self) == Name(name: id))
            #expect(hit.tags == entry.tags.sorted())
            #expect(hit.vector == .vector(entry.vector))
        }
        let tags = try await collection.store.search(query, options: SearchOptions(limit: 100, fields: .tags))
        #expect(tags.first { $0.id == id }?.tags == entry.tags.sorted())
        #expect(tags.first { $0.id == id }?.payload == nil)
    }

    @Test func `a payload that is not JSON of the type is an error, and no payload is none`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "text", terms: ["t": 2], payload: Array("text".utf8)))
            try transaction.upsert(Document(id: "none", terms: ["t": 1]))
        }
        let hits = try store.search(["t": 1], options: SearchOptions(fields: .payload)).hits
        #expect(throws: DecodingError.self) { try hits[0].payload(as: Name.self) }
        #expect(try hits[1].payload(as: Name.self) == nil)
        #expect(hits.map(\.payloadText) == ["text", nil])
    }

    @Test func `hits that differ in what was requested with them are not equal`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func hit(_ document: Document) throws -> Hit {
            try store.write { try $0.upsert(document) }
            return try #require(store.search(["t": 1], options: SearchOptions(fields: .all)).hits.first)
        }
        let first = try hit(Document(id: "d", terms: ["t": 2], payload: [1]))
        #expect(try first == hit(Document(id: "d", terms: ["t": 2], payload: [1])))
        #expect(try first != hit(Document(id: "d", terms: ["t": 2], payload: [2])))
        #expect(try first != hit(Document(id: "d", terms: ["t": 2], payload: [1], tags: ["x"])))
        #expect(try first != hit(Document(id: "d", terms: ["t": 2], payload: [1], attributes: ["n": 1])))
        #expect(try first != hit(Document(id: "d", terms: ["t": 2, "u": 1], payload: [1])))
    }

    @Test func `a payload that is not UTF-8 has no text`() {
        #expect(Document(id: "d", terms: ["t": 1], payload: [0x63, 0xFF]).payloadText == nil)
        #expect(Document(id: "d", terms: ["t": 1], payload: Array("caf\u{E9}".utf8)).payloadText == "caf\u{E9}")
    }

    @Test func `a payload that is written as a value is read as that value, by the document and by a hit`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var document = Document(id: "d", terms: ["t": 1])
        #expect(try document.payload(as: Name.self) == nil)
        try document.setPayload(Name(name: "caf\u{E9}/\"x\""))
        #expect(document.payload == Array("{\"name\":\"caf\u{E9}/\\\"x\\\"\"}".utf8))
        try store.write { try $0.upsert(document) }
        let hit = try #require(try store.search(["t": 1], options: SearchOptions(fields: .payload)).first)
        #expect(try hit.payload(as: Name.self) == Name(name: "caf\u{E9}/\"x\""))
        let stored = try store.read { try $0.document("d") }
        #expect(try stored?.payload(as: Name.self) == Name(name: "caf\u{E9}/\"x\""))
        #expect(throws: EncodingError.self) { try document.setPayload(["x": Double.infinity]) }
    }

    @Test func `fields are read from the snapshot of the search`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        try store.read { snapshot in
            try store.write { try $0.upsert(Document(id: "d20", terms: ["t": 20], payload: Array("new".utf8))) }
            let hit = try #require(try snapshot.search(["t": 1], options: SearchOptions(fields: .payload)).first)
            #expect(hit.payload == Array("text 20".utf8))
        }
        #expect(
            try store.search(["t": 1], options: SearchOptions(fields: .payload)).first?.payload == Array("new".utf8))
    }

    @Test(arguments: [1, 7, 1_000])
    func `a sequence gives every hit once, in the order of one long answer`(limit: Int) async throws {
        var collection = try RetrievalCollection(seed: 12, documents: 300)
        var asked = try collection.ask(isSigned: false)
        (asked.best, asked.minimumScore) = (nil, nil)
        let query = collection.query(asked)
        let options = collection.options(asked, limit: limit)
        let expected = collection.matches(asked).map(\.id)
        let found = try await collection.store.read { snapshot in
            try snapshot.hits(query, options: options).map { try $0.get().id }
        }
        #expect(found == expected)
        var one: [String] = []
        for try await hit in collection.store.hits(query, options: options) { one.append(hit.id) }
        #expect(one == expected)
    }

    @Test func `an asynchronous sequence goes on where it stopped`() async throws {
        var collection = try RetrievalCollection(seed: 13, documents: 300)
        var asked = try collection.ask(isSigned: false)
        (asked.filter, asked.best, asked.minimumScore) = (nil, nil, nil)
        let query = collection.query(asked)
        var options = collection.options(asked, limit: 8)
        var found: [String] = []
        // Each iterator stops somewhere in a page, or at the end of one.
        for count in [3, 8, 1, 0, 20] {
            var hits = collection.store.hits(query, options: options).makeAsyncIterator()
            for _ in 0..<count { if let hit = try await hits.next() { found.append(hit.id) } }
            options.after = hits.cursor
        }
        #expect(found == collection.matches(asked).prefix(32).map(\.id))
    }

    @Test func `a sequence ends with the error that ended its search`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let results = try store.read { Array($0.hits(["t": .nan])) }
        #expect(results.count == 1)
        #expect(throws: SparseStoreError.self) { try results.first?.get() }
    }
}
