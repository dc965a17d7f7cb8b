import Foundation
import LMDB
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

@Suite struct RepairTests {
    /// A repair of a damaged store; the new one is verified and handed to `body`.
    private func repair(
        _ damaged: DamagedStore, skipping: Bool = false, _ body: (RepairReport, Store?) throws -> Void
    ) throws {
        let folder = try TemporaryStore()
        let path = FilePath(damaged.store.path.string)
        damaged.store.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path.string))
        let report = try Store.repair(path, to: FilePath(folder.path), skippingDamaged: skipping)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.directory.path)
        guard report.isWritten else {
            #expect(names.isEmpty)
            return try body(report, nil)
        }
        #expect(names == ["test.sparse"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let store = try folder.open()
        #expect(try store.verify(.deep).isClean)
        try body(report, store)
    }

    /// Terms are sorted by name: a repair may number them anew.
    private func documents(_ store: Store) throws -> [String: Document] {
        var documents: [String: Document] = [:]
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                documents[document.id] = document
                if case .terms(let terms) = document.content {
                    documents[document.id]?.content = .terms(terms.sorted { $0.term < $1.term })
                }
                return true
            }
        }
        return documents
    }

    @Test func `token vectors are kept as the codec had them`() throws {
        let damaged = try DamagedStore(.vectors)
        let ids = (0...40).map(String.init)
        let expected = try damaged.store.read { snapshot in try ids.map { try snapshot.multivector($0) } }
        #expect(expected.contains { $0 != nil })
        try repair(damaged) { _, store in
            let found = try #require(store).read { snapshot in try ids.map { try snapshot.multivector($0) } }
            for (old, new) in zip(expected, found) {
                #expect(old?.count == new?.count)
                for (a, b) in zip(old?.components ?? [], new?.components ?? []) { #expect(abs(a - b) <= 1e-3) }
            }
        }
    }

    @Test(arguments: SoundStore.allCases) func `everything but documents can be lost`(_ sound: SoundStore) throws {
        let damaged = try DamagedStore(sound)
        let expected = try documents(damaged.store)
        let bookmark = try damaged.store.read { try $0.bookmark("source") }
        try damaged.write { writer in
            for table in [TableNumber.ids, .statistics, .segments, .tombstones] {
                var cursor = try writer.reader.cursor(table)
                while let entry = try cursor.next() { try writer.delete(table, Array(entry.key)) }
            }
        }
        try damaged.delete(.meta, Keys.manifest)
        try damaged.delete(.meta, Keys.store)
        #expect(try !damaged.store.verify(.quick).isClean)
        try repair(damaged) { report, store in
            let store = try #require(store)
            #expect(report.damagedCount == 0)
            #expect(report.documents == expected.count)
            #expect(try documents(store) == expected)
            #expect(try store.read { try $0.bookmark("source") } == bookmark)
        }
    }

    @Test func `a damaged document stops the repair until it is skipped`() throws {
        for skipping in [false, true] {
            let damaged = try DamagedStore(.small)
            let expected = try documents(damaged.store)
            try damaged.changeBody(.documents, Keys.document(7), resealing: false) { $0[40] ^= 4 }
            try repair(damaged, skipping: skipping) { report, store in
                #expect(report.damaged.map(\.number) == [7])
                #expect(report.damaged.map(\.id) == ["doc-7"])
                #expect(report.documents == expected.count - 1)
                #expect((store != nil) == skipping)
                guard let store else { return }
                let kept = try documents(store)
                #expect(kept == expected.filter { $0.key != "doc-7" })
            }
        }
    }

    @Test func `a document whose token vectors alone are lost is kept`() throws {
        for skipping in [false, true] {
            let damaged = try DamagedStore(.vectors)
            let expected = try documents(damaged.store)
            let key = try #require(try damaged.keys(.multivectors).first)
            let number = try key.withUnsafeBytes { try Keys.multivectorNumber($0) }
            try damaged.changeBody(.multivectors, key, resealing: false) { $0[$0.count - 1] ^= 4 }
            try repair(damaged, skipping: skipping) { report, store in
                #expect(report.damagedCount == 0)
                #expect(report.lostMultivectors == 1)
                #expect(report.withoutMultivector.map(\.number) == [number])
                #expect(report.withoutMultivector.first?.id != nil)
                #expect(report.documents == expected.count)
                #expect((store != nil) == skipping)
                guard let store, let id = report.withoutMultivector.first?.id else { return }
                let kept = try documents(store)
                #expect(kept == expected)
                let lost = try store.read { try $0.multivector(id) }
                #expect(lost == nil)
                let others = try store.statistics().multivectors?.documents ?? 0
                #expect(others > 0)
            }
        }
    }

    @Test func `a codebook that is gone costs no document`() throws {
        let damaged = try DamagedStore(.vectors)
        let expected = try documents(damaged.store)
        try damaged.delete(.meta, Keys.codebook(1))
        try repair(damaged, skipping: true) { report, store in
            #expect(report.damagedCount == 0)
            #expect(report.lostMultivectors > 0)
            let kept = try documents(#require(store))
            #expect(kept == expected)
        }
    }

    @Test func `token vectors of another dimension are lost`() throws {
        let damaged = try DamagedStore(.vectors)
        let expected = try documents(damaged.store)
        let key = try #require(try damaged.keys(.multivectors).first)
        let number = try key.withUnsafeBytes { try Keys.multivectorNumber($0) }
        let other = MultivectorEncoder(.f16).encode(try Multivector([[1]]), number: number)
        try damaged.write { try $0.put(.multivectors, key, other, mode: .upsert) }
        try repair(damaged, skipping: true) { report, store in
            #expect(report.lostMultivectors == 1)
            let kept = try documents(#require(store))
            #expect(kept == expected)
        }
    }

    @Test func `a lost name is found from its other entry`() throws {
        let damaged = try DamagedStore(.small)
        let expected = try documents(damaged.store)
        try damaged.delete(.vocabulary, Keys.termName(2))
        try damaged.changeBody(.vocabulary, Keys.termName(5), resealing: false) { $0[0] ^= 1 }
        try repair(damaged) { report, store in
            #expect(report.rescuedTerms == 2)
            let store = try #require(store)
            #expect(try documents(store) == expected)
        }
    }

    @Test func `a name lost in both directions costs its documents`() throws {
        let damaged = try DamagedStore(.small)
        let name = try #require(try damaged.store.read { try $0.termName(2) })
        let users = try damaged.store.read { try $0.documentFrequency(of: 2) }
        try damaged.delete(.vocabulary, Keys.termName(2))
        try damaged.delete(.vocabulary, Keys.termID(name))
        try repair(damaged) { report, store in
            #expect(report.damagedCount == users)
            #expect(store == nil)
        }
    }

    @Test func `of two documents with one identifier the later is kept`() throws {
        let damaged = try DamagedStore(.leveled)
        let key = Keys.document(9_000)
        let vector = try SparseVector([(1, 2.5)])
        let value = try DocumentEncoder().encode(id: "77", vector: vector, key: key)
        try damaged.write { try $0.put(.documents, key, value) }
        let count = try damaged.store.read { $0.count }
        try repair(damaged) { report, store in
            #expect(report.documents == count)
            let kept = try store?.document("77")
            #expect(kept?.content == .vector(vector))
        }
    }

    @Test func `what stands at the target is not touched`() throws {
        let damaged = try DamagedStore(.small)
        let path = damaged.store.path
        damaged.store.close()
        let target = try TemporaryStore()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target.path))
        #expect(throws: SparseStoreError.self) { try Store.repair(path, to: FilePath(target.path)) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target.path)) == Data("precious".utf8))
    }
}
