import SparseStore
import Testing

/// Filtered searches against brute force over the documents that the filter lets through.
@Suite struct FilterTests {
    /// Tags of about 50 %, 5 %, 0.5 % and 0.05 % of the documents.
    private static let shares = [2, 20, 200, 2_000]

    @Test(arguments: [UInt64(1), 2])
    func `exact search under random filters equals brute force, with tombstones and after merges`(seed: UInt64) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var collection = TaggedCollection(seed: seed)
        var generator = SeededGenerator(seed: seed + 100)
        for batch in 0..<12 {
            try store.write { transaction in
                for _ in 0..<(batch % 4 == 3 ? 3 : 500) { try transaction.upsert(collection.add()) }
                // Some documents go, some come back with other tags.
                for id in collection.ids.shuffled(using: &generator).prefix(40) {
                    collection.remove(id)
                    try transaction.remove(id)
                }
                for id in collection.ids.shuffled(using: &generator).prefix(20) {
                    try transaction.upsert(collection.add(id))
                }
            }
            for _ in 0..<12 {
                let filter = collection.randomFilter(depth: 3)
                try check(store, &collection, filter, limit: [1, 10, 200][batch % 3])
            }
        }
    }

    @Test func `every selectivity gives the true answer in exact mode and says so`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var collection = TaggedCollection(seed: 3)
        try fill(store, &collection, count: 6_000)
        for share in Self.shares {
            for filter in [Filter.tag("one in \(share)"), .not(.tag("one in \(share)"))] {
                for _ in 0..<5 { try check(store, &collection, filter, limit: 10) }
            }
            let result = try search(store, collection.query(), .tag("one in \(share)"), .exact)
            let allowed = collection.documents.values.filter { $0.tags.contains("one in \(share)") }.count
            #expect(result.counters.filteredDocuments == allowed)
            #expect(result.counters.segmentsScanned + result.counters.segmentsScored <= result.counters.segments)
            #expect(result.plan.reason.contains("\(allowed) documents"))
        }
    }

    @Test func `a planned search finds most of the answer under every selectivity`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var collection = TaggedCollection(seed: 4, termSpace: 8_000)
        try fill(store, &collection, count: 6_000)
        for share in Self.shares {
            let filter = Filter.tag("one in \(share)")
            var found = 0
            var wanted = 0
            for _ in 0..<40 {
                let query = try collection.query()
                let truth = collection.search(query, filter, limit: 10)
                let result = try search(store, query, filter, .target(0.95))
                #expect(result.allSatisfy { collection.lets($0.id, through: filter) })
                #expect(result.count == truth.count)
                let least = truth.last?.score ?? 0
                found += result.filter { $0.score >= least - 1e-4 }.count
                wanted += truth.count
                // Few documents are all scored, and the answer is then proven.
                if share >= 200 { #expect(result.isExact && result.map(\.id) == truth.map(\.id)) }
            }
            #expect(Double(found) >= 0.93 * Double(wanted), "one in \(share): \(found) of \(wanted)")
        }
    }

    @Test func `and, or, not and identifiers combine as sets do`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for (id, tags) in [("1", ["a"]), ("2", ["a", "b"]), ("3", ["b", "b"]), ("4", [])] {
                try transaction.upsert(Document(id: id, terms: ["t": 1], tags: tags))
            }
        }
        func ids(_ filter: Filter) throws -> [String] {
            try search(store, ["t": 1], filter, .exact).map(\.id)
        }
        #expect(try ids(.tag("a")) == ["1", "2"])
        #expect(try ids(.tag("a") && .tag("b")) == ["2"])
        #expect(try ids(.tag("a") || .tag("b")) == ["1", "2", "3"])
        #expect(try ids(!.tag("a")) == ["3", "4"])
        #expect(try ids(.tag("b") && !.tag("a") || .ids(["4", "absent"])) == ["3", "4"])
        #expect(try ids(.ids(["2", "3"]) && !.ids(["3"])) == ["2"])
        #expect(try ids(.all([])) == ["1", "2", "3", "4"])
        #expect(try ids(.any([])).isEmpty)
        #expect(try ids(.ids([])).isEmpty)
        #expect(try ids(!(!.tag("a"))) == ["1", "2"])
        #expect(try ids(.tag("absent")).isEmpty)
        #expect(try ids(.tag("a") && .tag("A")).isEmpty)
        // A set of identifiers sees the snapshot: what was replaced is found once, what was removed not at all.
        try store.write { transaction in
            try transaction.upsert(Document(id: "2", terms: ["t": 1], tags: ["c"]))
            try transaction.remove("3")
        }
        #expect(try ids(.ids(["1", "2", "3"])) == ["1", "2"])
        #expect(try ids(.tag("a")) == ["1"])
        #expect(try ids(.tag("b")).isEmpty)
        #expect(try ids(.tag("c")) == ["2"])
    }

    @Test func `tags are compared byte for byte`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "composed", terms: ["t": 1], tags: ["caf\u{e9}"]))
            try transaction.upsert(Document(id: "decomposed", terms: ["t": 1], tags: ["cafe\u{301}"]))
        }
        #expect(try search(store, ["t": 1], .tag("caf\u{e9}"), .exact).map(\.id) == ["composed"])
        #expect(try search(store, ["t": 1], .tag("cafe\u{301}"), .exact).map(\.id) == ["decomposed"])
    }

    @Test func `a filter survives reopening and a document dropped inside its transaction`() throws {
        let temporary = try TemporaryStore()
        do {
            let store = try temporary.open()
            try store.write { transaction in
                for index in 0..<50 {
                    try transaction.upsert(Document(id: "\(index)", terms: ["t": 1], tags: ["x\(index % 5)"]))
                }
                for index in 0..<10 { try transaction.remove("\(index)") }
                try transaction.upsert(Document(id: "49", terms: ["t": 1]))
            }
            store.close()
        }
        let store = try temporary.open()
        #expect(
            Set(try search(store, ["t": 1], .tag("x4"), .exact).map(\.id))
                == ["14", "19", "24", "29", "34", "39", "44"])
    }

    @Test func `a query of very many terms is filtered too`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for index in 0..<40 {
                let vector = try SparseVector(terms: [TermID(index * 100)], weights: [1])
                try transaction.upsert(Document(id: "\(index)", vector: vector, tags: index % 2 == 0 ? ["even"] : []))
            }
        }
        let terms = (0..<5_000).map { TermID($0) }
        let query = Query(vector: try SparseVector(terms: terms, weights: terms.map { _ in 1 }))
        let result = try search(store, query, .tag("even"), .exact, limit: 100)
        #expect(Set(result.map(\.id)) == Set((0..<20).map { "\(2 * $0)" }))
        #expect(result.counters.filteredDocuments == 20)
    }

    @Test func `a window whose documents stand in another order keeps tags and identifiers right`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var generator = SeededGenerator(seed: 9)
        // Commits of one size pile up and merge into a window that is large enough to be ordered.
        for batch in 0..<8 {
            try store.write { transaction in
                for index in batch * 2_100..<(batch + 1) * 2_100 {
                    let group = TermID(index % 7 * 20)
                    let terms = Set((0..<4).map { _ in group + TermID.random(in: 0..<20, using: &generator) })
                    let vector = try SparseVector(terms.map { ($0, Float.random(in: 0.5..<2, using: &generator)) })
                    let tags = ["in \(index % 700)", index % 2 == 0 ? "even" : "odd"]
                    try transaction.upsert(Document(id: "\(index)", vector: vector, tags: tags))
                }
            }
        }
        try store.maintain()
        let query = try SparseVector(terms: (0..<140).map { TermID($0) }, weights: (0..<140).map { _ in 1 })
        let tagged = try search(store, Query(vector: query), .tag("in 123"), .exact, limit: 1_000)
        #expect(Set(tagged.map(\.id)) == Set(stride(from: 123, to: 16_800, by: 700).map { "\($0)" }))
        let ids = Set((0..<16_800).filter { $0 % 97 == 5 }.map { "\($0)" })
        let named = try search(store, Query(vector: query), .ids(Array(ids)) && .tag("odd"), .exact, limit: 1_000)
        #expect(Set(named.map(\.id)) == ids.filter { Int($0).map { $0 % 2 == 1 } ?? false })
        #expect(named.counters.segments == 1)
    }

    private func fill(_ store: Store, _ collection: inout TaggedCollection, count: Int) throws {
        try store.write { transaction in
            for _ in 0..<count { try transaction.upsert(collection.add()) }
        }
        try store.write { transaction in
            for id in collection.ids.prefix(count / 50) {
                collection.remove(id)
                try transaction.remove(id)
            }
        }
    }

    private func search(
        _ store: Store, _ query: Query, _ filter: Filter, _ recall: Recall, limit: Int = 10
    ) throws -> SearchResult {
        var options = SearchOptions()
        options.filter = filter
        options.recall = recall
        options.limit = limit
        return try store.search(query, options: options)
    }

    private func search(
        _ store: Store, _ query: SparseVector, _ filter: Filter, _ recall: Recall
    ) throws -> SearchResult {
        try search(store, Query(vector: query), filter, recall)
    }

    private func check(
        _ store: Store, _ collection: inout TaggedCollection, _ filter: Filter, limit: Int
    ) throws {
        let query = try collection.query()
        let result = try search(store, Query(vector: query), filter, .exact, limit: limit)
        let expected = collection.search(query, filter, limit: limit)
        #expect(result.isExact)
        #expect(result.map(\.id) == expected.map(\.id), "\(filter)")
        #expect(result.map(\.score) == expected.map(\.score))
    }
}
