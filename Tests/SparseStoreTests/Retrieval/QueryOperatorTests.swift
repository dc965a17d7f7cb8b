import Foundation
import Testing

@testable import SparseStore

/// What a query can be made of: weights of either sign, documents, fields; and what weights it by some documents alone.
@Suite struct QueryOperatorTests {
    @Test func `a weight below zero lowers scores, and documents that score nothing are not found`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "both", terms: ["swift": 2, "taylor": 1]))
            try transaction.upsert(Document(id: "language", terms: ["swift": 1.5]))
            try transaction.upsert(Document(id: "singer", terms: ["swift": 1, "taylor": 2]))
        }
        let found = try store.search(["swift": 1, "taylor": -1], limit: 10)
        #expect(found.map(\.id) == ["language", "both"])
        #expect(found.map(\.score) == [1.5, 1])
        #expect(try store.search(["taylor": -1], limit: 10).isEmpty)
        #expect(try store.scores(["swift": 1, "taylor": -1], of: ["singer"]) == [-1])
        let explained = try store.search(
            ["swift": 1, "taylor": -1], options: SearchOptions(includesContributions: true))
        #expect(explained.last?.contributions.map(\.contribution) == [2, -1])
    }

    @Test(arguments: [Float.nan, .infinity, 0, 1e-20, -1e-20, 1e30, -1e30])
    func `a weight that is not finite or too small or too large is refused`(weight: Float) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        #expect(throws: SparseStoreError.self) { try store.search(["t": weight], limit: 1) }
        #expect(throws: SparseStoreError.self) { try store.search(Query(numbers: [1: weight]), limit: 1) }
    }

    @Test func `more terms than accumulators can tell apart may have weights below zero, too`() throws {
        var collection = try RetrievalCollection(seed: 3, documents: 200)
        var weights: [TermID: Float] = [:]
        for term in 0..<3_000 { weights[TermID(term)] = term % 3 == 0 ? -0.5 : Float(term % 7) + 0.1 }
        let asked = RetrievalCollection.Asked(weights: weights)
        _ = try collection.ask(isSigned: true)
        let found = try collection.store.search(
            collection.query(asked), options: SearchOptions(limit: 50, countsMatches: true))
        #expect(found.map(\.id) == collection.matches(asked).prefix(50).map(\.id))
        #expect(found.matches == collection.matches(asked).count)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `documents like some and unlike others are ranked by the difference of the means`(seed: UInt64) throws {
        var collection = try RetrievalCollection(seed: seed, documents: 400)
        for round in 0..<20 {
            let ids = collection.documents.keys.sorted().shuffled(using: &collection.vectors.generator)
            let (like, unlike) = (Array(ids[0..<1 + round % 3]), Array(ids[10..<10 + round % 4]))
            var sums: [TermID: Double] = [:]
            for (part, sign) in [(like, 1.0), (unlike, -1.0)] {
                for id in part {
                    let vector = try #require(collection.documents[id]?.vector)
                    for (term, weight) in zip(vector.terms, vector.weights) {
                        sums[term, default: 0] += sign / Double(part.count) * Double(weight)
                    }
                }
            }
            var asked = RetrievalCollection.Asked(
                weights: sums.mapValues { Float($0) }.filter { abs($0.value) >= 1e-22 })
            asked.filter = .not(.ids(like + unlike))
            let found = try collection.store.search(
                .similar(to: like, unlike: unlike), options: SearchOptions(limit: 30, recall: .exact))
            let expected = collection.matches(asked).prefix(30)
            #expect(found.map(\.id) == expected.map(\.id), "seed \(seed), round \(round)")
            for (hit, match) in zip(found, expected) { #expect(abs(hit.score - match.score) <= 1e-4 * match.score) }
        }
    }

    @Test func `a document that is not there cannot be asked for more of`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let error = #expect(throws: SparseStoreError.self) { try store.search(.similar(to: ["d1", "none"]), limit: 1) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("'none'") == true)
        let many = (0...1_000).map(String.init)
        #expect(throws: SparseStoreError.self) { try store.search(.similar(to: many), limit: 1) }
        #expect(try store.search(.similar(to: []), limit: 1).isEmpty)
    }

    @Test func `examples are added to the terms of a query`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "example", terms: ["a": 1]))
            try transaction.upsert(Document(id: "like it", terms: ["a": 2]))
            try transaction.upsert(Document(id: "term", terms: ["b": 1]))
        }
        var query: Query = ["b": 3]
        query.like = ["example"]
        let found = try store.search(query, limit: 10)
        #expect(found.map(\.id) == ["term", "like it"])
        #expect(found.map(\.score) == [3, 2])
    }

    @Test func `fields share a vocabulary and have a weight each`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "title", fields: ["title": ["swift": 1], "body": ["storage": 1]]))
            try transaction.upsert(Document(id: "body", fields: ["body": ["swift": 1.5]]))
            try transaction.upsert(Document(id: "elsewhere", fields: ["notes": ["swift": 9]]))
        }
        let terms: [String: Float] = ["swift": 2, "storage": 0.5]
        let titles = try store.search(Query(terms: terms, fields: ["title": 2, "body": 1]), limit: 10)
        #expect(titles.map(\.id) == ["title", "body"])
        #expect(titles.map(\.score) == [4.5, 3])
        let bodies = try store.search(Query(terms: terms, fields: ["title": 0, "body": 1]), limit: 10)
        #expect(bodies.map(\.id) == ["body", "title"])
        #expect(bodies.map(\.score) == [3, 0.5])
    }

    @Test(arguments: ["", "a:b"])
    func `a field without a name, or with a colon in it, is refused`(field: String) {
        #expect(throws: SparseStoreError.self) { try Query(terms: ["t": 1], fields: [field: 1]) }
        #expect(throws: SparseStoreError.self) { try Document(id: "d", fields: [field: ["t": 1]]) }
    }

    @Test(arguments: [UInt64(1), 2], [IndexProfile.fast, .compact])
    func `frequencies inside a filter are exact`(seed: UInt64, profile: IndexProfile) throws {
        var collection = try RetrievalCollection(seed: seed, profile: profile)
        for filter: Filter in [.tag("half"), .tag("rare"), .not(.tag("third")), .ids([]), .all([])] {
            let inside = collection.documents.filter { collection.lets($0.key, through: filter) }
            var frequencies: [TermID: Int] = [:]
            for entry in inside.values { for term in entry.vector.terms { frequencies[term, default: 0] += 1 } }
            for _ in 0..<5 {
                var asked = try collection.ask(isSigned: true)
                asked = RetrievalCollection.Asked(weights: asked.weights)
                let query = collection.query(asked)
                for (term, weight) in asked.weights {
                    let idf = Weighting.inverseDocumentFrequency(frequencies[term, default: 0], documents: inside.count)
                    asked.weights[term] = weight * idf
                }
                let found = try collection.store.search(
                    query, options: SearchOptions(limit: 40, recall: .exact, weighting: .corpusIDF(over: filter)))
                let expected = collection.matches(asked).prefix(40)
                #expect(found.map(\.id) == expected.map(\.id), "seed \(seed), \(filter)")
                #expect(found.map(\.score) == expected.map(\.score), "seed \(seed), \(filter)")
            }
        }
    }

    @Test func `over all documents, frequencies inside a filter are those of the store`() throws {
        var collection = try RetrievalCollection(seed: 4)
        for _ in 0..<10 {
            let query = collection.query(try collection.ask(isSigned: true))
            let all = try collection.store.search(query, options: SearchOptions(weighting: .corpusIDF))
            let filtered = try collection.store.search(
                query, options: SearchOptions(weighting: .corpusIDF(over: .all([]))))
            #expect(filtered.hits == all.hits)
        }
    }

    @Test func `a filter of frequencies beyond its limits is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let filter = Filter.tag("")
        #expect(throws: SparseStoreError.self) {
            try store.search(["t": 1], options: SearchOptions(weighting: .corpusIDF(over: filter)))
        }
    }
}

/// Stages that need nothing but what the store has.
@Suite struct StageTests {
    @Test(arguments: [Float(0), 0.3, 0.7, 1])
    func `diversity takes at each place what brute force takes`(relevance: Float) throws {
        var collection = try RetrievalCollection(seed: 21, documents: 300)
        var asked = try collection.ask(isSigned: false)
        asked = RetrievalCollection.Asked(weights: asked.weights)
        let candidates = Array(collection.matches(asked).prefix(25))
        var left = candidates
        var chosen: [(id: String, value: Double)] = []
        func cosine(_ a: String, _ b: String) -> Double {
            func vector(_ id: String) -> [TermID: Double] {
                let vector = collection.documents[id]?.vector
                return Dictionary(
                    uniqueKeysWithValues: zip(vector?.terms ?? [], (vector?.weights ?? []).map(Double.init)))
            }
            func length(_ v: [TermID: Double]) -> Double { v.values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            let (a, b) = (vector(a), vector(b))
            return a.reduce(0) { $0 + $1.value * b[$1.key, default: 0] } / (length(a) * length(b))
        }
        while !left.isEmpty {
            let values = left.map { candidate in
                Double(relevance) * Double(candidate.score / candidates[0].score)
                    - Double(1 - relevance) * (chosen.map { cosine($0.id, candidate.id) }.max() ?? 0)
            }
            let place = values.indices.max { values[$0] < values[$1] } ?? 0
            chosen.append((left.remove(at: place).id, values[place]))
        }
        let found = try collection.store.search(
            collection.query(asked), options: SearchOptions(limit: 25, recall: .exact),
            stages: [.rerank(.diversity(relevance: relevance), candidates: 25)])
        // Values that are equal but for rounding may change places.
        for (hit, expected) in zip(found, chosen) { #expect(abs(Double(hit.score) - expected.value) < 1e-3) }
        #expect(found.count == chosen.count)
        if relevance == 1 { #expect(found.map(\.id) == candidates.map(\.id)) }
    }

    @Test func `a share of the relevance outside 0 to 1 is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        #expect(throws: SparseStoreError.self) {
            try store.search(
                ["t": 1], options: SearchOptions(), stages: [.rerank(.diversity(relevance: 1.5), candidates: 5)])
        }
    }

    @Test func `a minimum score leaves out what the stage before scored lower, and what it did not score`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let stages: [SearchStage] = [
            .rerank(.scoring { $0.id == "d15" ? nil : $0.score / 2 }, candidates: 8), .minimumScore(8),
        ]
        let found = try store.search(["t": 1], options: SearchOptions(limit: 20), stages: stages)
        #expect(found.map(\.id) == ["d20", "d19", "d18", "d17", "d16"])
        #expect(found.stages.last?.name == "minimum")
        #expect(throws: SparseStoreError.self) {
            try store.search(["t": 1], options: SearchOptions(), stages: [.minimumScore(.nan)])
        }
    }
}
