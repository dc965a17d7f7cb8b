import Testing

@testable import LMDB
@testable import SparseFormat
@testable import SparseStore

/// Token vectors live and die with their documents.
@Suite struct MultivectorStoreTests {
    /// Throws whatever it throws: two kinds of typed errors do not go into one `#expect`.
    private func matrix(_ rows: [[Float]]) throws -> Multivector { try Multivector(rows) }

    private func document(_ id: String, _ rows: [[Float]]?) throws -> Document {
        Document(id: id, terms: ["t": 1], multivector: try rows.map { try Multivector($0) })
    }

    private func code(_ body: () throws -> Void) -> SparseStoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SparseStoreError)?.code
        }
    }

    @Test func `a multivector comes back with its document, also after reopening`() throws {
        let temporary = try TemporaryStore()
        let rows: [[Float]] = [[0.5, -1, 2], [0.25, 0, -3]]
        do {
            let store = try temporary.open()
            try store.write {
                try $0.upsert(document("d", rows))
                try $0.upsert(document("none", nil))
                #expect(try $0.document("d", includingMultivector: true)?.multivector == matrix(rows))
            }
            store.close()
        }
        let store = try temporary.open()
        try store.read { snapshot in
            let stored = try snapshot.multivector("d")
            #expect(try stored == matrix(rows))
            #expect(try snapshot.document("d", includingMultivector: true)?.multivector == matrix(rows))
            #expect(try snapshot.document("d")?.multivector == nil)
            #expect(try snapshot.multivector("none") == nil)
            #expect(try snapshot.multivector("absent") == nil)
        }
        let statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.documents == 1 && statistics.tokens == 2 && statistics.dimension == 3)
        #expect(statistics.codec == .f16 && statistics.outdated == 0)
        #expect(statistics.bytes == 32 + 12)
    }

    @Test func `replacing and removing a document drop its multivector`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write {
            try $0.upsert(document("a", [[1, 2]]))
            try $0.upsert(document("b", [[3, 4], [5, 6]]))
            try $0.upsert(document("c", [[7, 8]]))
        }
        try store.write {
            try $0.upsert(document("a", nil))
            try $0.upsert(document("b", [[9, 9]]))
            try $0.remove("c")
        }
        #expect(try store.read { try $0.multivector("a") } == nil)
        #expect(try store.read { try $0.multivector("b") } == matrix([[9, 9]]))
        #expect(try store.read { try $0.multivector("c") } == nil)
        let statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.documents == 1 && statistics.tokens == 1)
        #expect(try entries(store) == 1)
    }

    @Test func `a transaction that is rolled back leaves no multivector`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(document("stays", [[1, 2]])) }
        #expect(throws: Stop.self) {
            try store.write {
                try $0.upsert(document("goes", [[3, 4]]))
                try $0.upsert(document("stays", [[5, 6]]))
                throw Stop()
            }
        }
        #expect(try store.read { try $0.multivector("stays") } == matrix([[1, 2]]))
        #expect(try entries(store) == 1)
        #expect(try store.statistics().multivectors?.documents == 1)
        // Nor does a first one decide the dimension.
        let other = try TemporaryStore()
        let fresh = try other.open()
        #expect(throws: Stop.self) {
            try fresh.write {
                try $0.upsert(document("goes", [[1, 2, 3]]))
                throw Stop()
            }
        }
        #expect(try fresh.statistics().multivectors == nil)
        try fresh.write { try $0.upsert(document("d", [[1]])) }
    }

    @Test func `another dimension is refused and changes nothing`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(document("d", [[1, 2]])) }
        try store.write { transaction in
            #expect(code { try transaction.upsert(document("d", [[1, 2, 3]])) } == .dimensionMismatch)
            let stored = try transaction.document("d", includingMultivector: true)
            #expect(stored?.multivector?.dimension == 2)
        }
        // Also when no document has a multivector any more.
        try store.write { try $0.remove("d") }
        #expect(code { try store.write { try $0.upsert(document("d", [[1]])) } } == .dimensionMismatch)
    }

    @Test func `a codec that must be trained is refused as the first`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.multivectorCodec = .pq32 }
        #expect(code { try store.write { try $0.upsert(document("d", [[1, 2]])) } } == .codecNotTrained)
        try store.write { try $0.upsert(document("d", nil)) }
        #expect(code { try store.encodeMultivectors(as: .pq32) } == .codecNotTrained)
        #expect(code { try store.encodeMultivectors(as: .int8) } == .codecNotTrained)
    }

    @Test func `every codec is changed to in bounded steps, and new documents follow`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.multivectorCodec = .int8 }
        var generator = SplitMix64(seed: 5)
        func rows(_ count: Int) -> [[Float]] {
            (0..<count).map { _ in (0..<6).map { _ in Float.random(in: -1...1, using: &generator) } }
        }
        let given = (0..<20).map { _ in rows(3) }
        try store.write { for (index, rows) in given.enumerated() { try $0.upsert(document("d\(index)", rows)) } }
        #expect(try store.statistics().multivectors?.codec == .int8)
        var trainer = CodebookTrainer()
        trainer.rounds = 2
        for codec in [MultivectorCodec.f16, .pq32, .int8] {
            var steps = 0
            let before = try store.read { $0.generation }
            try store.encodeMultivectors(as: codec, trainer, bytesPerStep: 300) { done, all in
                steps += 1
                #expect(done <= all && all >= 20)
            }
            #expect(steps > 3)
            #expect(try store.read { $0.generation } > before)
            try store.write { try $0.upsert(document("new \(codec)", given[0])) }
            let statistics = try #require(try store.statistics().multivectors)
            #expect(statistics.codec == codec && statistics.outdated == 0)
            #expect(
                statistics.bytes == statistics.documents * 32 + statistics.tokens * codec.bytesPerToken(dimension: 6))
            for (index, rows) in given.enumerated() {
                let stored = try #require(try store.read { try $0.multivector("d\(index)") })
                for (a, b) in zip(stored.components, rows.flatMap { $0 }) { #expect(abs(a - b) < 0.03, "\(codec)") }
            }
        }
        // The codebook went with the last of its multivectors.
        try store.read { snapshot in
            try snapshot.withReader { reader in
                let codebook = try reader.get(store.source.tables.meta, Keys.codebook(1))
                #expect(codebook == nil)
            }
        }
    }

    @Test func `an interrupted change of the codec goes on, and both codecs are read meanwhile`() throws {
        struct Stop: Error {}
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { for index in 0..<10 { try $0.upsert(document("d\(index)", [[Float(index), 1]])) } }
        var trainer = CodebookTrainer()
        trainer.rounds = 1
        #expect(throws: Stop.self) {
            try store.encodeMultivectors(as: .pq32, trainer, bytesPerStep: 80) { done, _ in
                if done > 3 { throw Stop() }
            }
        }
        var statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.codec == .pq32 && (1..<10).contains(statistics.outdated))
        for index in 0..<10 {
            #expect(try store.read { try $0.multivector("d\(index)") } == matrix([[Float(index), 1]]))
        }
        try store.write {
            try $0.remove("d0")
            try $0.remove("d9")
        }
        try store.encodeMultivectors(as: .pq32)
        statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.outdated == 0 && statistics.documents == 8)
        #expect(statistics.bytes == 8 * (32 + 3))
        for index in 1..<9 {
            #expect(try store.read { try $0.multivector("d\(index)") } == matrix([[Float(index), 1]]))
        }
    }

    @Test func `a flipped byte of a multivector is an error`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(document("d", [[1, 2], [3, 4]])) }
        let key = Keys.multivector(0)
        let table = store.source.tables.multivectors
        let value = try store.read { snapshot in
            try snapshot.withReader { Array(try #require(try $0.get(table, key))) }
        }
        for index in value.indices {
            var damaged = value
            damaged[index] ^= 0x10
            try store.environment.write { try $0.writer.put(table, key, damaged, mode: .upsert) }
            #expect(code { _ = try store.read { try $0.multivector("d") } } != nil, "byte \(index)")
            #expect(throws: SparseStoreError.self, "byte \(index)") {
                try store.search(["t": 1], rerankedBy: .maxSim(matrix([[1, 1]])))
            }
        }
    }

    private func entries(_ store: Store) throws -> Int {
        try store.read { snapshot in
            try snapshot.withReader { try $0.statistics(store.source.tables.multivectors).entries }
        }
    }
}
