import Foundation
import SparseFormat
import Testing

@testable import SparseStore

/// A document without a vector is stored like any other, and no search returns it.
@Suite struct VectorlessDocumentTests {
    /// Every third document has no vector.
    private func document(_ number: Int) -> Document {
        var document = Document(
            id: "d\(number)", payload: Array("payload \(number)".utf8), tags: number % 2 == 0 ? ["even"] : [],
            attributes: ["number": .integer(Int64(number)), "kind": .string("kind \(number % 4)")])
        if number % 3 > 0 {
            document.content = .terms([WeightedTerm("all", 1), WeightedTerm("t\(number % 5)", Float(number + 1))])
        }
        return document
    }

    private func fill(_ store: Store, _ numbers: Range<Int>) throws {
        try store.write { transaction in for number in numbers { try transaction.upsert(document(number)) } }
    }

    private func check(_ store: Store, count: Int) throws {
        let bare = Set((0..<count).filter { $0 % 3 == 0 }.map { "d\($0)" })
        #expect(try store.verify(.deep).isClean)
        for number in 0..<count { #expect(try store.document("d\(number)") == document(number)) }
        try store.read { snapshot in
            #expect(snapshot.count == count)
            #expect(try snapshot.count(where: .tag("even")) == (count + 1) / 2)
            let all = try snapshot.list(order: ListOrder(by: "number"), limit: count)
            #expect(all.documents.map(\.id) == (0..<count).map { "d\($0)" })
            let kinds = try snapshot.facets("kind")
            #expect(kinds.reduce(0) { $0 + $1.count } == count)
            #expect(try snapshot.count(where: !.term("all")) == bare.count)
            for recall in [Recall.exact, .fast] {
                for filter in [nil, .tag("even"), .ids(Array(bare)), .attribute("number") < 10] as [Filter?] {
                    var options = SearchOptions(limit: count, recall: recall, filter: filter, countsMatches: true)
                    let found = try snapshot.search(["all": 1, "t1": 0.5], options: options)
                    #expect(bare.isDisjoint(with: found.map(\.id)))
                    options.grouping = .by("kind", best: 2)
                    #expect(try bare.isDisjoint(with: snapshot.search(["all": 1], options: options).map(\.id)))
                }
                let found = try snapshot.search(["all": 1], options: SearchOptions(limit: count, recall: recall))
                #expect(found.count == count - bare.count)
            }
            // Less than nothing is more than the score of a document without a vector would be.
            let negative = try snapshot.search(
                Query(terms: ["all": -1, "t1": 0.001]), options: SearchOptions(limit: count, recall: .exact))
            #expect(bare.isDisjoint(with: negative.map(\.id)))
        }
    }

    @Test(arguments: [IndexProfile.fast, .compact])
    func `it is found by everything but a search, also after merges, blocks and reopening`(
        profile: IndexProfile
    ) throws {
        let temporary = try TemporaryStore()
        func open() throws -> Store { try temporary.open { ($0.profile, $0.maintenance) = (profile, .manual) } }
        let store = try open()
        for commit in 0..<6 { try fill(store, commit * 50..<commit * 50 + 50) }
        try check(store, count: 300)
        try store.optimize()
        try store.buildBlocks(BlockCollection.settings)
        try check(store, count: 300)
        _ = try store.tune(seed: 1)
        try store.compact()
        try check(store, count: 300)
        store.close()
        let reopened = try open()
        try fill(reopened, 30..<60)
        try check(reopened, count: 300)
    }

    @Test(arguments: [IndexProfile.fast, .compact])
    func `a store may have no other documents, and forgets them`(profile: IndexProfile) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { ($0.profile, $0.maintenance) = (profile, .manual) }
        for commit in 0..<3 {
            try store.write { transaction in
                for number in 0..<700 {
                    try transaction.upsert(Document(id: "\(commit) \(number)", tags: ["bare"]))
                }
            }
        }
        try store.optimize()
        try store.buildBlocks(BlockCollection.settings)
        #expect(try store.verify(.deep).isClean)
        #expect(try store.read { try $0.count(where: .tag("bare")) } == 2_100)
        #expect(try store.search(["t": 1]).isEmpty)
        #expect(try store.search(Query(numbers: [1: 1])).isEmpty)
        #expect(try store.search(.similar(to: ["1 1"])).isEmpty)
        _ = try store.tune(seed: 1)
        try store.write { try $0.remove(where: .tag("bare")) }
        try store.maintain()
        #expect(try store.read { $0.count } == 0)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `it fits both kinds of terms and determines neither`() throws {
        for other in [
            Document(id: "other", terms: ["t": 1]), Document(id: "other", vector: try SparseVector([(7, 1)])),
        ] {
            let temporary = try TemporaryStore()
            let store = try temporary.open()
            try store.write { try $0.upsert(Document(id: "before")) }
            #expect(try store.read { $0.termSpace } == .undecided)
            try store.write { transaction in
                try transaction.upsert(other)
                try transaction.upsert(Document(id: "after"))
            }
            for id in ["before", "after"] { #expect(try store.document(id) == Document(id: id)) }
            #expect(try store.document("other") == other)
        }
    }

    @Test func `a vector comes and goes with an upsert, and stays with an update`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func frequency() throws -> Int {
            try store.read { snapshot in
                try snapshot.termID(named: "t").map { try snapshot.documentFrequency(of: $0) } ?? 0
            }
        }
        try store.write { try $0.upsert(Document(id: "d")) }
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        #expect(try frequency() == 1)
        #expect(try store.search(["t": 1]).map(\.id) == ["d"])
        try store.write { try $0.upsert(Document(id: "d", payload: [1])) }
        #expect(try frequency() == 0)
        #expect(try store.search(["t": 1]).isEmpty)
        try store.write { try $0.update("d") { $0.tags = ["changed"] } }
        #expect(try store.document("d") == Document(id: "d", payload: [1], tags: ["changed"]))
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `a vector without terms is refused, because it may be a mistake`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let error = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "d", terms: [:])) }
        }
        #expect(error?.code == .invalidVector)
        #expect(error?.message.contains("store the document without a vector") == true)
        #expect(throws: VectorError.self) { try SparseVector([]) }
    }

    @Test func `it has token vectors, and counts for the average length of BM25`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let tokens = try Multivector([[1, 0], [0, 1]])
        try store.write { transaction in
            try transaction.setEncoder(
                EncoderDescription(name: "test", fingerprint: 1, parameters: "", scoring: .bm25(k1: 1.2, b: 0.75)))
            try transaction.upsert(Document(id: "bare", multivector: tokens))
        }
        #expect(try store.read { try $0.multivector("bare") } == tokens)
        #expect(try store.search(["t": 1]).isEmpty)
        try store.write { try $0.upsert(Document(id: "counted", terms: ["t": 4])) }
        let bm25 = BM25Function(BM25Parameters(k1: 1.2, b: 0.75), averageLength: 2)
        #expect(try store.search(["t": 1]).map(\.score) == bm25.impacts(of: [4]))
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `shards and their copies keep it`() throws {
        let temporary = try TemporaryStore()
        let paths = (0..<3).map { temporary.directory.appendingPathComponent("\($0).sparse").path }
        let store = try ShardedStore(at: paths)
        try store.upsert((0..<40).map(document))
        #expect(try store.read(\.count) == 40)
        for number in 0..<40 {
            let found = try store.document("d\(number)")
            #expect(found?.payload == document(number).payload)
            #expect((found?.content == nil) == (number % 3 == 0))
        }
        #expect(try store.search(["all": 1], limit: 40).count == 26)
    }
}
