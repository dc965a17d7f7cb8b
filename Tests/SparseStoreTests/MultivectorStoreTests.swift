import Platform
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
        #expect(statistics.documents == 1)
        #expect(statistics.tokens == 2)
        #expect(statistics.dimension == 3)
        #expect(statistics.codec == .f16)
        #expect(statistics.outdated == 0)
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
        #expect(statistics.documents == 1)
        #expect(statistics.tokens == 1)
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
                #expect(done <= all)
                #expect(all >= 20)
            }
            #expect(steps > 3)
            #expect(try store.read { $0.generation } > before)
            try store.write { try $0.upsert(document("new \(codec)", given[0])) }
            let statistics = try #require(try store.statistics().multivectors)
            #expect(statistics.codec == codec)
            #expect(statistics.outdated == 0)
            #expect(
                statistics.bytes == statistics.documents * 32 + statistics.tokens * codec.bytesPerToken(dimension: 6))
            for (index, rows) in given.enumerated() {
                let stored = try #require(try store.read { try $0.multivector("d\(index)") })
                for (a, b) in zip(stored.components, rows.flatMap { $0 }) { #expect(abs(a - b) < 0.03, "\(codec)") }
            }
        }
        // The codebook went with the last of its multivectors.
        try store.read { snapshot in
            try snapshot.view.read { reader in
                let codebook = try reader.get(.meta, Keys.codebook(1))
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
        #expect(statistics.codec == .pq32)
        #expect((1..<10).contains(statistics.outdated))
        for index in 0..<10 {
            #expect(try store.read { try $0.multivector("d\(index)") } == matrix([[Float(index), 1]]))
        }
        try store.write {
            try $0.remove("d0")
            try $0.remove("d9")
        }
        try store.encodeMultivectors(as: .pq32)
        statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.outdated == 0)
        #expect(statistics.documents == 8)
        #expect(statistics.bytes == 8 * (32 + 3))
        for index in 1..<9 {
            #expect(try store.read { try $0.multivector("d\(index)") } == matrix([[Float(index), 1]]))
        }
    }

    /// A store of thirty documents with token vectors, in `f16`.
    private func filled(_ temporary: TemporaryStore) throws -> Store {
        let store = try temporary.open()
        try store.write { for index in 0..<30 { try $0.upsert(document("d\(index)", [[Float(index), 1]])) } }
        return store
    }

    private var trainer: CodebookTrainer {
        var trainer = CodebookTrainer()
        trainer.rounds = 1
        return trainer
    }

    private func expectAllReadable(_ store: Store) throws {
        for index in 0..<30 {
            let stored = try store.read { try $0.multivector("d\(index)") }
            #expect(stored != nil, "d\(index)")
        }
        #expect(try store.verify(.deep).findings.map(\.sentence) == [])
    }

    private struct Stop: Error {}

    /// Leaves off after the first of several steps.
    private func encodeSome(_ store: Store, as codec: MultivectorCodec, bytes: Int = 200) throws {
        do {
            try store.encodeMultivectors(as: codec, trainer, bytesPerStep: bytes) { done, _ in
                if done > 0 { throw Stop() }
            }
        } catch is Stop {}
    }

    @Test func `a second encoder waits for the first, and changes the codec after it`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let isWaiting = Monitor(false)
        var second: WorkerThread?
        try store.encodeMultivectors(as: .pq32, trainer, bytesPerStep: 200) { done, _ in
            guard done > 0, second == nil else { return }
            second = try WorkerThread {
                try? store.encodeMultivectors(as: .int8) { _, _ in isWaiting.withLock { $0 = true } }
            }
            isWaiting.withLock(waitingUpTo: nil, until: { $0 }) { _, _ in }
            let codec = try store.statistics().multivectors?.codec
            #expect(codec == .pq32)
        }
        second?.join()
        let statistics = try #require(try store.statistics().multivectors)
        #expect(statistics.codec == .int8)
        #expect(statistics.outdated == 0)
        try expectAllReadable(store)
    }

    @Test func `an encoder that is called by the progress of another is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        var codes: [SparseStoreError.Code?] = []
        try store.encodeMultivectors(as: .pq32, trainer, bytesPerStep: 200) { _, _ in
            codes.append(code { try store.encodeMultivectors(as: .int8) })
        }
        #expect(!codes.isEmpty)
        #expect(codes.allSatisfy { $0 == .busy })
        #expect(try store.statistics().multivectors?.codec == .pq32)
        try expectAllReadable(store)
    }

    @Test func `an encoder whose claim was taken away begins again`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let key = Keys.encoding
        var taken = false
        try store.encodeMultivectors(as: .int8, trainer, bytesPerStep: 200) { done, _ in
            guard done > 0, !taken else { return }
            taken = true
            // Of a process that is gone.
            try store.file.write { writer in
                try ClaimRecord(owner: 1, process: 1).put(
                    into: .meta, key: key, writer)
            }
        }
        #expect(taken)
        #expect(try store.statistics().multivectors?.outdated == 0)
        try expectAllReadable(store)
    }

    @Test func `an encoder gives its claim back`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        func claim() throws -> Claim? { try store.file.read { try Claim.standing(.encoding, $0) } }
        var during: [Claim?] = []
        try store.encodeMultivectors(as: .int8, trainer, bytesPerStep: 200) { done, all in
            if done < all { during.append(try claim()) }
        }
        #expect(during.count > 1)
        #expect(during.allSatisfy { $0 != nil })
        #expect(try claim() == nil)
        try encodeSome(store, as: .f16)
        #expect(try claim() == nil)
        let empty = try TemporaryStore()
        let other = try empty.open()
        #expect(code { try other.encodeMultivectors(as: .int8) } == .codecNotTrained)
        #expect(try other.verify(.deep).isClean)
    }

    @Test(arguments: [MultivectorCodec.int8, .pq32]) func `a change of the codec that is taken back is counted right`(
        codec: MultivectorCodec
    ) throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        try encodeSome(store, as: codec)
        let half = try #require(try store.statistics().multivectors)
        #expect((1..<30).contains(half.outdated))
        try expectAllReadable(store)
        // Only those that were changed have to be changed back.
        try store.encodeMultivectors(as: .f16, trainer, bytesPerStep: 1 << 20)
        #expect(try store.statistics().multivectors?.outdated == 0)
        try expectAllReadable(store)
        for index in 0..<30 { #expect(try store.read { try $0.multivector("d\(index)") } != nil) }
    }

    @Test func `a codebook stays as long as a multivector names it`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        func codebooks() throws -> [UInt32] {
            try store.file.read { reader in
                try (1...UInt32(4)).filter { try reader.get(.meta, Keys.codebook($0)) != nil }
            }
        }
        try encodeSome(store, as: .pq32, bytes: 600)
        try encodeSome(store, as: .int8, bytes: 100)
        #expect(try codebooks() == [1])
        try expectAllReadable(store)
        // Going back uses it again.
        try encodeSome(store, as: .pq32, bytes: 600)
        #expect(try codebooks() == [1])
        try encodeSome(store, as: .f16, bytes: 100)
        #expect(try codebooks() == [1])
        try expectAllReadable(store)
        try store.encodeMultivectors(as: .f16)
        #expect(try codebooks() == [])
        try expectAllReadable(store)
    }

    @Test func `a codebook goes with the last document that needs it`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        try store.encodeMultivectors(as: .pq32, trainer)
        try encodeSome(store, as: .f16)
        try store.write { for index in 0..<30 { try $0.remove("d\(index)") } }
        let codebook = try store.read { snapshot in
            try snapshot.view.read { try $0.get(.meta, Keys.codebook(1)).map { $0.count } }
        }
        #expect(codebook == nil)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `a flipped byte of a multivector is an error`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(document("d", [[1, 2], [3, 4]])) }
        let key = Keys.multivector(0)
        let value = try store.read { snapshot in
            try snapshot.view.read { Array(try #require(try $0.get(.multivectors, key))) }
        }
        for index in value.indices {
            var damaged = value
            damaged[index] ^= 0x10
            try store.file.write { try $0.put(.multivectors, key, damaged) }
            #expect(code { _ = try store.read { try $0.multivector("d") } } != nil, "byte \(index)")
            #expect(throws: SparseStoreError.self, "byte \(index)") {
                try store.search(["t": 1], rerankedBy: .maxSim(matrix([[1, 1]])))
            }
        }
    }

    private func entries(_ store: Store) throws -> Int {
        try store.read { snapshot in
            try snapshot.view.read { try $0.size(of: .multivectors).entries }
        }
    }
}
