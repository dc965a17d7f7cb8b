import Foundation
import Testing

@testable import SparseStore

/// Searches of documents with attributes, through random histories, against brute force.
@Suite struct AttributeSearchTests {
    private static let keys = ["lang", "year", "price", "open", "day", "rare", "id"]

    private func grouping(_ key: String, best: Int) -> Grouping {
        key == "id" ? .byIDPrefix(upTo: "/", best: best) : .by(key, best: best)
    }

    /// What brute force groups a document by.
    private func group(_ id: String, by key: String, _ collection: AttributeCollection) -> AttributeValue? {
        if key == "id" { return .string(String(id.prefix { $0 != "/" })) }
        let value = collection.documents[id]?.attributes[key]
        // Whole numbers and fractions go together.
        return key == "price" ? value.map { .number(AttributeCollection.number($0)) } : value
    }

    @Test(arguments: [UInt64(1), 2, 3], [IndexProfile.fast, .compact])
    func `groups, pages, matches and signed weights under filters equal brute force through random histories`(
        seed: UInt64, profile: IndexProfile
    ) throws {
        let temporary = try TemporaryStore()
        func open() throws -> Store {
            try temporary.open {
                $0.maintenance = .manual
                $0.profile = profile
            }
        }
        var store = try open()
        var collection = AttributeCollection(seed: seed)
        for round in 0..<10 {
            try store.write { transaction in
                for _ in 0..<(round % 3 == 0 ? 150 : 20) { try transaction.upsert(collection.add()) }
                for id in collection.someIDs(10) { try transaction.upsert(collection.add(id)) }
                for id in collection.someIDs(20) {
                    let new = collection.update(id)
                    try transaction.update(id) { ($0.tags, $0.attributes) = (new.tags, new.attributes) }
                }
                for id in collection.someIDs(5) {
                    collection.remove(id)
                    try transaction.remove(id)
                }
            }
            switch round % 4 {
            case 1: try store.maintain()
            case 2:
                store.close()
                store = try open()
            case 3: try store.optimize()
            default: break
            }
            for ask in 0..<12 { try compare(store, &collection, "seed \(seed), round \(round), question \(ask)") }
        }
    }

    private func compare(_ store: Store, _ collection: inout AttributeCollection, _ what: String) throws {
        let weights = try collection.weights()
        let filter = collection.random(0...2) == 0 ? nil : collection.randomFilter(depth: 2)
        let key = Self.keys[collection.random(0...Self.keys.count - 1)]
        let best = collection.random(0...3)
        let place: Comment = "\(what): \(String(describing: filter)), the best \(best) by \(key)"
        let ranking = collection.ranking(weights, filter)
        let groups =
            best == 0
            ? ranking.map { [$0] }
            : Groups.arranged(ranking, best: best) { group($0.id, by: key, collection).map(GroupValue.init) }
        let expected = groups.flatMap(\.self)
        var options = SearchOptions(
            limit: collection.random(1...25), recall: .exact, filter: filter, fields: .attributes,
            grouping: best == 0 ? nil : grouping(key, best: best), countsMatches: true)
        var joined: [Hit] = []
        repeat {
            let page = try store.search(Query(numbers: weights), options: options)
            #expect(page.matches == ranking.count, place)
            joined += page.hits
            options.after = page.cursor
        } while options.after != nil && joined.count <= expected.count
        #expect(joined.map(\.id) == expected.map(\.id), place)
        #expect(joined.map(\.score) == expected.map(\.score), place)
        #expect(joined.map(\.attributes) == expected.map { collection.documents[$0.id]?.attributes ?? [:] }, place)
        if best > 0 {
            let values = expected.map { group($0.id, by: key, collection).map(GroupValue.init) }
            #expect(joined.map { $0.group.map(GroupValue.init) } == values, place)
        }
    }

    @Test(arguments: [UInt64(4), 5])
    func `frequencies inside a filter over attributes are those of its documents`(seed: UInt64) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        var collection = AttributeCollection(seed: seed)
        for _ in 0..<4 {
            try store.write { transaction in
                for _ in 0..<120 { try transaction.upsert(collection.add()) }
                for id in collection.someIDs(30) {
                    let new = collection.update(id)
                    try transaction.update(id) { ($0.tags, $0.attributes) = (new.tags, new.attributes) }
                }
            }
            for _ in 0..<10 {
                let inside = collection.randomFilter(depth: 2)
                let ids = collection.matching(inside)
                var weights = try collection.weights()
                let query = Query(numbers: weights)
                for (term, weight) in weights {
                    let count = ids.count { collection.documents[$0]?.vector.terms.contains(term) ?? false }
                    weights[term] = weight * Weighting.inverseDocumentFrequency(count, documents: ids.count)
                }
                let found = try store.search(
                    query, options: SearchOptions(limit: 40, recall: .exact, weighting: .corpusIDF(over: inside)))
                let expected = collection.ranking(weights, nil).prefix(40)
                #expect(found.map(\.id) == expected.map(\.id), "seed \(seed), \(inside)")
                #expect(found.map(\.score) == expected.map(\.score), "seed \(seed), \(inside)")
            }
        }
    }

    @Test func `a group follows an update of its attribute, and a snapshot keeps the one it has`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        try store.write { transaction in
            for number in 0..<6 {
                try transaction.upsert(
                    Document(
                        id: "d\(number)", terms: ["t": Float(10 - number)],
                        attributes: ["parent": .string("p\(number / 2)")]))
            }
        }
        let options = SearchOptions(recall: .exact, grouping: .by("parent"))
        try store.read { snapshot in
            #expect(try snapshot.search(["t": 1], options: options).map(\.id) == ["d0", "d2", "d4"])
            try store.write { _ = try $0.update("d2") { $0.attributes["parent"] = "p0" } }
            try store.write { _ = try $0.remove("d4") }
            #expect(try store.search(["t": 1], options: options).map(\.id) == ["d0", "d3", "d5"])
            #expect(try snapshot.search(["t": 1], options: options).map(\.id) == ["d0", "d2", "d4"])
        }
        try store.write { _ = try $0.update("d3") { $0.attributes["parent"] = nil } }
        let found = try store.search(["t": 1], options: options)
        #expect(found.map(\.id) == ["d0", "d3", "d5"])
        #expect(found.map(\.group) == ["p0", nil, "p2"])
    }

    @Test func `a grouping by lists or by a name that no document has is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write {
            try $0.upsert(Document(id: "a", terms: ["t": 1], attributes: ["topics": .strings(["x"]), "parent": "p"]))
        }
        func message(_ name: String) -> String {
            do throws(SparseStoreError) {
                _ = try store.search(["t": 1], options: SearchOptions(grouping: .by(name)))
                return ""
            } catch { return error.message }
        }
        #expect(message("topics").contains("list of strings"))
        #expect(message("paernt").contains("did you mean 'parent'"))
        #expect(message("parent") == "")
    }

    @Test func `a group key as text names an attribute, or the part of an id before a separator`() throws {
        #expect(try Grouping(parsing: "parent", best: 2) == .by("parent", best: 2))
        #expect(try Grouping(parsing: "id:#") == .byIDPrefix(upTo: "#"))
        for text in ["", "id:"] {
            let error = #expect(throws: SparseStoreError.self) { try Grouping(parsing: text) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func `an asynchronous sequence of documents goes on where it stopped`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try await store.write { transaction in
            for number in 0..<50 {
                try transaction.upsert(
                    Document(id: "d\(number)", terms: ["t": 1], attributes: ["rank": .integer(Int64(number * 7 % 50))]))
            }
        }
        let expected = (0..<50).sorted { $0 * 7 % 50 > $1 * 7 % 50 }.map { "d\($0)" }
        var found: [String] = []
        var cursor: Cursor?
        for count in [3, 8, 0, 16, 30] {
            var documents = store.documents(
                order: ListOrder(by: "rank", isDescending: true), pageSize: 8, after: cursor
            ).makeAsyncIterator()
            for _ in 0..<count { if let document = try await documents.next() { found.append(document.id) } }
            cursor = documents.cursor
        }
        #expect(found == expected)
        #expect(try await store.count(where: .attribute("rank") < 10) == 10)
        #expect(try await store.facets("rank", limit: 3).map(\.value) == [0, 1, 2])
        #expect(try await store.list(limit: 2).documents.map(\.id) == ["d0", "d1"])
    }

    @Test func `boosts change the scores as their formulas say`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        let day: Int64 = 86_400_000_000
        try store.write { transaction in
            for number in 0..<40 {
                var attributes: [String: AttributeValue] = ["likes": .integer(Int64(number * 13 % 40) - 5)]
                if number % 4 != 0 { attributes["day"] = .date(Int64(number) * day) }
                try transaction.upsert(
                    Document(
                        id: "d\(number)", terms: ["t": Float(number % 9) + 1], tags: number % 3 == 0 ? ["third"] : [],
                        attributes: attributes))
            }
        }
        func score(_ number: Int, isSum: Bool) -> Float {
            let likes = Double(number * 13 % 40) - 5
            let distance = max(0, abs(Double(number) - 20) - 2) / 5
            var values = [0.5 * max(0, likes).squareRoot()]
            if number % 4 != 0 {
                values += [max(0, 1 - 0.75 * distance), pow(0.5, distance * distance), pow(0.25, distance)]
            }
            if number % 3 == 0 { values.append(1.5) }
            let first = Double(number % 9) + 1
            return Float(isSum ? values.reduce(first, +) : values.reduce(first, *))
        }
        let boosts: [Boost] = [
            .value("likes", times: 0.5, by: .squareRoot),
            .decay("day", from: .date(20 * day), scale: 5 * 86_400, offset: 2 * 86_400, to: 0.25, curve: .linear),
            .decay("day", from: .date(20 * day), scale: 5 * 86_400, offset: 2 * 86_400, curve: .gaussian),
            .decay("day", from: .date(20 * day), scale: 5 * 86_400, offset: 2 * 86_400, to: 0.25),
            .when(.tag("third"), 1.5),
        ]
        for combination in BoostCombination.allCases {
            let found = try store.search(
                ["t": 1], options: SearchOptions(limit: 40, recall: .exact),
                stages: [.boost(boosts, combinedBy: combination)])
            #expect(found.count == 40)
            for hit in found {
                let expected = score(try #require(Int(hit.id.dropFirst())), isSum: combination == .sum)
                #expect(abs(hit.score - expected) <= 1e-5 * max(1, abs(expected)), "\(hit.id), \(combination)")
            }
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
        }
        #expect(try store.read { try $0.count(where: .tag("third")) } == 14)
    }

    @Test func `a boost by a wrong name or type, or with a parameter outside its range, is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write {
            try $0.upsert(
                Document(id: "a", terms: ["t": 1], attributes: ["day": .date(0), "likes": 3, "lang": "de"]))
        }
        func code(_ boost: Boost) -> SparseStoreError.Code? {
            do {
                _ = try store.search(["t": 1], options: SearchOptions(), stages: [.boost([boost])])
                return nil
            } catch { return (error as? SparseStoreError)?.code }
        }
        #expect(code(.value("likes")) == nil)
        #expect(code(.value("lieks")) == .invalidArgument)
        #expect(code(.value("lang")) == .invalidArgument)
        #expect(code(.value("likes", times: .infinity)) == .invalidArgument)
        #expect(code(.decay("day", from: .date(0), scale: 1)) == nil)
        #expect(code(.decay("day", from: 0, scale: 1)) == .invalidArgument)
        #expect(code(.decay("likes", from: .date(0), scale: 1)) == .invalidArgument)
        #expect(code(.decay("likes", from: .number(.nan), scale: 1)) == .invalidArgument)
        #expect(code(.decay("day", from: .date(0), scale: 0)) == .invalidArgument)
        #expect(code(.decay("day", from: .date(0), scale: 1, offset: -1)) == .invalidArgument)
        #expect(code(.decay("day", from: .date(0), scale: 1, to: 1)) == .invalidArgument)
        #expect(code(.when(.tag(""), 1)) == .invalidArgument)
    }
}
