import Foundation
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// What a set of shards promises beside its answers.
@Suite struct ShardedStoreTests {
    private static func document(_ number: Int) -> Document {
        Document(
            id: "d\(number)", terms: [WeightedTerm("t\(number % 7)", Float(number + 1)), WeightedTerm("all", 1)],
            payload: [0, 255, UInt8(number)], tags: [number % 2 == 0 ? "even" : "odd"],
            attributes: ["n": .integer(Int64(number))])
    }

    private func paths(_ temporary: TemporaryStore, _ count: Int) -> [String] {
        (0..<count).map { temporary.directory.appendingPathComponent("\($0).sparse").path }
    }

    private func fill(_ temporary: TemporaryStore, shards count: Int, documents: Int = 60) throws -> ShardedStore {
        let store = try ShardedStore(at: paths(temporary, count))
        try store.upsert((0..<documents).map(Self.document))
        return store
    }

    @Test func `a shard that fails is named beside the answer of the others`() throws {
        let temporary = try TemporaryStore()
        let store = try fill(temporary, shards: 3)
        store.stores[1].close()
        let error = try #require(throws: PartialAnswer.self) { try store.search(["all": 1], limit: 60) }
        let missing = (0..<60).filter { ShardRecord.shard(of: "d\($0)", count: 3) == 1 }
        #expect(error.failures.map(\.path) == [store.paths[1]])
        #expect(error.failures.map(\.error.code) == [.closed])
        #expect(error.result.count == 60 - missing.count)
        #expect(Set(error.result.map(\.id)).isDisjoint(with: missing.map { "d\($0)" }))
    }

    @Test func `a damaged shard is named beside the answer of the others`() throws {
        let temporary = try TemporaryStore()
        try fill(temporary, shards: 3).close()
        let path = paths(temporary, 3)[2]
        try Data("no store at all".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: SparseStoreError.self) { try ShardedStore(at: paths(temporary, 3)) }
        let store = try ShardedStore(at: paths(temporary, 3), allowsFailures: true)
        let error = try #require(throws: PartialAnswer.self) { try store.search(["all": 1]) }
        #expect(error.failures.map(\.path.string) == [path])
        #expect(throws: ShardFailure.self) { try store.document("nobody") }
    }

    @Test func `a document lies in the shard that its hash names`() throws {
        let temporary = try TemporaryStore()
        let store = try fill(temporary, shards: 4)
        for number in 0..<60 {
            let places = try store.stores.indices.filter { try store.stores[$0].contains("d\(number)") }
            #expect(places == [ShardRecord.shard(of: "d\(number)", count: 4)])
        }
        #expect(try store.remove(["d3", "d4", "nobody"]) == 2)
        #expect(try store.document("d3") == nil)
        #expect(try store.read(\.count) == 58)
    }

    // FORMAT.md, "Shards".
    @Test func `the rule of places is the one of the format`() {
        #expect(ShardRecord.shard(of: "d0", count: 4) == 3)
        #expect(ShardRecord.shard(of: "news/42#3", count: 4) == 2)
        let record = ShardRecord(set: StoreUUID(high: 1, low: 2), number: 3, count: 4)
        #expect(Hexadecimal.text(record.bytes) == "010000000300040001000000000000000200000000000000")
        #expect(ShardRecord(record.bytes) == record)
        #expect(ShardRecord(Array(record.bytes.dropLast())) == nil)
    }

    @Test func `shards of one set come in any order and all of them`() throws {
        let temporary = try TemporaryStore()
        try fill(temporary, shards: 3).close()
        let paths = paths(temporary, 3)
        let store = try ShardedStore(at: [paths[2], paths[0], paths[1]])
        #expect(store.paths.map(\.string) == paths)
        store.close()
        #expect(throws: SparseStoreError.self) { try ShardedStore(at: [paths[0], paths[1]]) }
    }

    @Test func `shards that cannot answer as one are refused`() throws {
        let temporary = try TemporaryStore()
        let paths = paths(temporary, 2)
        func make(_ index: Int, _ document: Document, _ encoder: EncoderDescription?) throws {
            try? FileManager.default.removeItem(atPath: paths[index])
            let store = try Store.open(at: paths[index])
            try store.write { transaction in
                if let encoder { try transaction.setEncoder(encoder) }
                try transaction.upsert(document)
            }
            store.close()
        }
        func refusal() throws -> SparseStoreError.Code? {
            let store = try ShardedStore(at: paths)
            defer { store.close() }
            return #expect(throws: SparseStoreError.self) { try store.search(["a": 1]) }?.code
        }
        let a = EncoderDescription(name: "a", fingerprint: 1, parameters: "", scoring: .innerProduct)
        let b = EncoderDescription(name: "b", fingerprint: 1, parameters: "", scoring: .innerProduct)
        try make(0, Document(id: "1", terms: ["a": 1]), a)
        try make(1, Document(id: "2", terms: ["a": 1]), b)
        #expect(try refusal() == .encoderMismatch)
        try make(0, Document(id: "1", terms: ["a": 1]), nil)
        try make(1, Document(id: "2", vector: SparseVector([(1, 1)])), nil)
        #expect(try refusal() == .termSpaceMismatch)
    }

    @Test func `stores that are no set are read and not written`() throws {
        let temporary = try TemporaryStore()
        let paths = paths(temporary, 2)
        for (index, path) in paths.enumerated() {
            let store = try Store.open(at: path)
            try store.write { try $0.upsert(Self.document(index)) }
            store.close()
        }
        let store = try ShardedStore(at: paths)
        #expect(try store.search(["all": 1]).count == 2)
        #expect(throws: SparseStoreError.self) { try store.upsert([Self.document(9)]) }
    }

    @Test func `a deadline holds for all shards`() throws {
        let temporary = try TemporaryStore()
        let store = try fill(temporary, shards: 2)
        let error = #expect(throws: SparseStoreError.self) {
            try store.search(["all": 1], options: SearchOptions(deadline: .now - .seconds(1)))
        }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func `attributes are filtered counted and listed over all shards`() throws {
        let temporary = try TemporaryStore()
        let store = try fill(temporary, shards: 3)
        try store.upsert([
            Document(id: "only", terms: [WeightedTerm("all", 1)], attributes: ["rare": .string("x")])
        ])
        try store.read { snapshot in
            #expect(try snapshot.count(where: .attribute("n") < 10) == 10)
            #expect(try snapshot.facets("rare").map(\.count) == [1])
            var listed: [String] = []
            var cursor: Cursor?
            repeat {
                let page = try snapshot.list(
                    where: .attribute("n") < 25, order: ListOrder(by: "n", isDescending: true), limit: 7, after: cursor)
                listed += page.documents.map(\.id)
                cursor = page.cursor
            } while cursor != nil
            #expect(listed == (0..<25).reversed().map { "d\($0)" })
            let hits = try snapshot.search(
                ["all": 1], options: SearchOptions(recall: .exact, filter: .attribute("rare") == "x"))
            #expect(hits.map(\.id) == ["only"])
        }
    }

    @Test func `a copy into shards and back keeps every bit`() throws {
        let temporary = try TemporaryStore()
        let one = try temporary.open { $0.multivectorCodec = .int8 }
        try one.write { transaction in
            for number in 0..<80 {
                var document = Self.document(number)
                if number % 3 == 0 {
                    document.multivector = try Multivector(
                        dimension: 3, components: [Float(number), 0.1, -2.5, 1 / 3, 7, 0.125])
                }
                try transaction.upsert(document)
            }
        }
        try one.write { for number in 0..<9 { try $0.remove("d\(number)") } }
        let parts = try paths(temporary, 3).map { try Store.open(at: $0) }
        let source = try one.read { try ShardedSnapshot([$0], []) }
        // Stopped after its first batch, and gone on with.
        struct Stop: Error {}
        let stop: (Int) throws -> Void = { _ in throw Stop() }
        #expect(throws: Stop.self) { try StoreCopy(source, to: parts).run(progress: stop) }
        for _ in 0..<2 {
            let summary = try StoreCopy(source, to: parts).run()
            #expect(summary.documents == 71)
        }
        for part in parts { part.close() }
        let sharded = try ShardedStore(at: paths(temporary, 3))
        let back = try Store.open(at: temporary.directory.appendingPathComponent("back.sparse").path)
        _ = try sharded.read { try StoreCopy($0, to: [back]).run() }
        func contents(_ store: Store) throws -> [String: Document] {
            var found: [String: Document] = [:]
            try store.read { snapshot in
                try snapshot.forEachDocument(includingMultivector: true) { document in
                    found[document.id] = document
                    return true
                }
            }
            return found
        }
        #expect(try contents(back) == contents(one))
        let names = try one.read { snapshot in try (0..<8).map { try snapshot.termName($0) } }
        #expect(try back.read { snapshot in try (0..<8).map { try snapshot.termName($0) } } == names)
        #expect(try back.verify(.deep).isClean)
        for store in sharded.stores { #expect(try store.verify(.deep).isClean) }
    }

    @Test func `one identifier with two contents ends a copy unless told which counts`() throws {
        let temporary = try TemporaryStore()
        let paths = paths(temporary, 2)
        for (index, path) in paths.enumerated() {
            let store = try Store.open(at: path)
            try store.write { transaction in
                try transaction.upsert(Document(id: "same", terms: [WeightedTerm("t", 1)]))
                try transaction.upsert(Document(id: "other", terms: [WeightedTerm("t", Float(index + 1))]))
            }
            store.close()
        }
        let source = try ShardedStore(at: paths)
        let conflicts: [(StoreCopy.Conflict, Float?)] = [(.refuse, nil), (.first, 1), (.last, 2)]
        for (conflict, kept) in conflicts {
            let target = try Store.open(at: temporary.directory.appendingPathComponent("\(conflict).sparse").path)
            let copy = { try source.read { try StoreCopy($0, to: [target], conflict: conflict).run() } }
            guard let kept else {
                let error = #expect(throws: SparseStoreError.self) { _ = try copy() }
                #expect(error?.message.contains("'other'") == true)
                continue
            }
            #expect(try copy().repeated == 2)
            #expect(try target.document("other")?.content == .terms([WeightedTerm("t", kept)]))
        }
    }
}
