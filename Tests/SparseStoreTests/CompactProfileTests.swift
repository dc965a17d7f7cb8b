import SystemPackage
import Testing

@testable import SparseFormat
@testable import SparseStore

/// A store of the compact profile gives the answers of a fast one, and keeps its profile.
@Suite(.timeLimit(.minutes(10))) struct CompactProfileTests {
    /// The same commits for each store: documents, some of them removed and replaced.
    private func fill(_ stores: [Store], _ collection: inout TaggedCollection, count: Int = 1_200) throws {
        func write(_ body: (inout WriteTransaction) throws -> Void) throws {
            for store in stores { try store.write(body) }
        }
        for batch in 0..<3 {
            let documents = try (0..<count / 3).map { _ in try collection.add() }
            try write { transaction in for document in documents { try transaction.upsert(document) } }
            let gone = collection.ids.filter { $0.hasSuffix("\(batch)7") }
            let again = try collection.ids.filter { $0.hasSuffix("\(batch)3") }.map { try collection.add($0) }
            try write { transaction in
                for id in gone { try transaction.remove(id) }
                for document in again { try transaction.upsert(document) }
            }
            for id in gone { collection.remove(id) }
        }
    }

    private func expectSameAnswers(
        _ one: Store, _ other: Store, _ collection: inout TaggedCollection
    ) throws {
        for round in 0..<8 {
            let query = Query(vector: try collection.query())
            var options = SearchOptions()
            options.limit = [1, 10, 200][round % 3]
            options.recall = [.exact, .fast, .target(0.9)][round % 3]
            options.includesContributions = true
            options.filter = [nil, .tag("one in 2"), .tag("one in 200")][round % 3]
            options.minimumScore = round % 4 == 0 ? 1 : nil
            options.weighting = round % 2 == 0 ? .none : .corpusIDF
            let (a, b) = (try one.search(query, options: options), try other.search(query, options: options))
            #expect(a.hits == b.hits)
            let ids = Array(collection.ids.prefix(50)) + ["absent"]
            #expect(try one.scores(query, of: ids) == other.scores(query, of: ids))
            let stages = [SearchStage.feedback(Feedback(.best(3), terms: 9))]
            let (c, d) = try [one, other].map {
                try $0.search(query, options: options, stages: stages).hits
            }.withUnsafeBufferPointer { ($0[0], $0[1]) }
            #expect(c == d)
        }
    }

    private func profiles(_ store: Store) throws -> Set<IndexProfile> {
        Set(try store.statistics().segments.map(\.profile))
    }

    @Test func `answers are those of a fast store, before and after it is converted`() throws {
        let temporaries = [try TemporaryStore(), try TemporaryStore()]
        defer { withExtendedLifetime(temporaries) {} }
        let fast = try temporaries[0].open { $0.maintenance = .manual }
        let compact = try temporaries[1].open { ($0.profile, $0.maintenance) = (.compact, .manual) }
        var collection = TaggedCollection(seed: 21, termSpace: 400)
        try fill([fast, compact], &collection)
        #expect(try profiles(fast) == [.fast])
        #expect(try profiles(compact) == [.compact])
        try expectSameAnswers(fast, compact, &collection)
        for store in [fast, compact] { try store.optimize() }
        #expect(try profiles(fast) == [.fast])
        #expect(try profiles(compact) == [.compact])
        try expectSameAnswers(fast, compact, &collection)
        let sizes = try [fast, compact].map { try $0.statistics().segments.reduce(0) { $0 + $1.bytes } }
        #expect(sizes[1] < sizes[0] / 2)
        for store in [fast, compact] { #expect(try store.verify(.deep).isClean) }
        // Each becomes the other; in between a store holds both.
        try fast.changeProfile(to: .compact)
        try compact.changeProfile(to: .fast)
        #expect(try profiles(fast) == [.fast])
        #expect(try fast.statistics().profile == .compact)
        try fill([fast, compact], &collection, count: 300)
        #expect(try profiles(fast).count == 2)
        #expect(try profiles(compact).count == 2)
        try expectSameAnswers(fast, compact, &collection)
        for store in [fast, compact] { try store.optimize() }
        #expect(try profiles(fast) == [.compact])
        #expect(try profiles(compact) == [.fast])
        try expectSameAnswers(fast, compact, &collection)
        for store in [fast, compact] { #expect(try store.verify(.deep).isClean) }
    }

    /// Terms of any number: small ones have a table of weights to be scored with.
    @Test(arguments: [TermID(0), 65_000, 1 << 31]) func `exact search equals brute force`(first: TermID) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.profile = .compact }
        var vectors = RandomVectors(seed: 22)
        var model = BruteForce()
        try store.write { transaction in
            for index in 0..<900 {
                // A third of the documents are exact in half precision.
                let drawn = try vectors.next()
                let weights = drawn.weights.map { index % 3 > 0 ? $0 : HalfFloat.float(HalfFloat.bits($0)) }
                let vector = try SparseVector(terms: drawn.terms.map { first + $0 }, weights: weights)
                try transaction.upsert(Document(id: "\(index)", vector: vector))
                model.documents["\(index)"] = vector
            }
        }
        for limit in [1, 10, 100] {
            let drawn = try vectors.next()
            let query = try SparseVector(terms: drawn.terms.map { first + $0 }, weights: drawn.weights)
            let found = try store.search(Query(vector: query), limit: limit, recall: .exact)
            let expected = model.search(query, limit: limit)
            #expect(found.map(\.id) == expected.map(\.id))
            #expect(found.map(\.score) == expected.map(\.score))
        }
    }

    @Test func `the profile is the store's, whatever it is opened with`() throws {
        let temporary = try TemporaryStore()
        let document = Document(id: "a", terms: ["x": 1])
        let store = try temporary.open { $0.profile = .compact }
        try store.write { try $0.upsert(document) }
        store.close()
        let again = try temporary.open { $0.profile = .fast }
        #expect(try again.statistics().profile == .compact)
        try again.write { try $0.upsert(document) }
        #expect(try profiles(again) == [.compact])
        try again.backup(to: temporary.path + ".copy")
        try again.changeProfile(to: .fast)
        #expect(try again.statistics().profile == .fast)
        let copy = try Store.open(at: temporary.path + ".copy")
        #expect(try copy.statistics().profile == .compact)
        copy.close()
        let report = try Store.repair(FilePath(temporary.path + ".copy"), to: FilePath(temporary.path + ".new"))
        #expect(report.isWritten)
        #expect(try Store.open(at: temporary.path + ".new").statistics().profile == .compact)
    }

    @Test func `merging in the background makes segments of the profile`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        for number in 0..<20 {
            try store.write { transaction in
                for index in 0..<40 {
                    try transaction.upsert(Document(id: "\(number)-\(index)", terms: ["t": Float(index + 1)]))
                }
            }
        }
        try store.changeProfile(to: .compact)
        try store.write { try $0.upsert(Document(id: "last", terms: ["t": 50])) }
        try store.maintain()
        try store.optimize()
        #expect(try profiles(store) == [.compact])
        #expect(try store.search(["t": 1], limit: 2).map(\.id) == ["last", "0-39"])
    }

    @Test func `tuning works without exact vectors, with removed documents`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { ($0.profile, $0.maintenance) = (.compact, .manual) }
        var collection = TaggedCollection(seed: 23, termSpace: 400)
        try fill([store], &collection, count: 300)
        let made = try store.read { snapshot in
            var made = MadeQueries(snapshot.view, seed: 1)
            return try (0..<20).compactMap { _ in try made.next(length: 8) }.count
        }
        #expect(made == 20)
        #expect(try store.tune(queries: [Query(vector: collection.query())]).isEmpty == false)
    }
}
