import LMDB
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// A block index while its store changes.
@Suite(.timeLimit(.minutes(10))) struct BlockChangeTests {
    /// The block index finds what brute force finds in the store as it is.
    private func expectRight(_ blocks: inout BlockCollection, _ when: String) throws {
        for limit in [5, 50] {
            let query = try blocks.collection.query()
            let hits = try blocks.searchAll(query, limit: limit).hits
            let expected = blocks.model().search(query, limit: limit)
            #expect(hits.map(\.id) == expected.map(\.id), "\(when)")
            #expect(hits.map(\.score) == expected.map(\.score), "\(when)")
        }
    }

    @Test func `removed, replaced and added documents are found as they are now`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("1") })
        try expectRight(&blocks, "removed")
        try blocks.replace(blocks.collection.ids.filter { $0.hasSuffix("2") })
        try expectRight(&blocks, "replaced")
        try blocks.add(40)
        try expectRight(&blocks, "added")
        let statistics = try #require(try blocks.store.statistics().blocks)
        #expect(statistics.documentsBuilt == 300)
        #expect(statistics.documents == 240)
        #expect(try blocks.store.verify(.deep).isClean)
        try blocks.reopen()
        try expectRight(&blocks, "opened again")
        try blocks.reopen { $0.isReadOnly = true }
        try expectRight(&blocks, "opened for reading")
    }

    @Test func `a merge takes documents out of the index, and half of them gone takes it away`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let number = try #require(try blocks.record()).number
        // One source of three is rewritten.
        let first = blocks.collection.ids.filter { Int($0.dropFirst(4)).map { $0 < 96 } ?? false }
        try blocks.remove(first)
        #expect(try blocks.store.maintain() > 0)
        let left = try #require(try blocks.store.statistics().blocks)
        #expect(left.documents == 200)
        #expect(left.documentsBuilt == 300)
        try expectRight(&blocks, "one source gone")
        #expect(try blocks.store.verify(.deep).isClean)
        #expect(try leftovers(blocks.store).isEmpty)
        try blocks.store.optimize()
        #expect(try blocks.record() == nil)
        #expect(try blocks.store.statistics().blocks == nil)
        #expect(try leftovers(blocks.store).isEmpty)
        #expect(try blocks.store.verify(.deep).isClean)
        let retired = try blocks.store.read { snapshot in
            try snapshot.view.read { try $0.meta.retired() }
        }
        #expect(retired.contains(number))
        try expectRight(&blocks, "without an index")
        #expect(throws: SparseStoreError.self) {
            try blocks.store.search(
                Query(vector: SparseVector([(0, 1)])), recall: .plainSeismic(cut: 1, heapFactor: 1))
        }
        #expect(try blocks.store.buildBlocks(BlockCollection.unpruned))
        try expectRight(&blocks, "built again")
    }

    @Test func `an index is replaced by the next, and a snapshot keeps the one it has`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let old = try #require(try blocks.record())
        try blocks.add(60)
        let snapshot = try blocks.store.read { $0 }
        #expect(try blocks.store.buildBlocks(BlockCollection.unpruned))
        let new = try #require(try blocks.record())
        #expect(new.number > old.number)
        #expect(new.sources.count == 4)
        #expect(try leftovers(blocks.store).isEmpty)
        // Commits take the room of the old one.
        for _ in 0..<4 { try blocks.add(60) }
        #expect(snapshot.index.blocks?.index.record == old)
        var options = SearchOptions()
        options.recall = .plainSeismic(cut: 20, heapFactor: 0)
        let query = Query(vector: try blocks.collection.query())
        #expect(try snapshot.search(query, options: options).count == 10)
        try expectRight(&blocks, "replaced")
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `backup and compact take it with them, and repair makes a store without one`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let path = blocks.temporary.path
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("4") })
        try blocks.store.backup(to: path + ".copy")
        let copy = try Store.open(at: path + ".copy")
        let query = Query(vector: try blocks.collection.query())
        let recall = Recall.plainSeismic(cut: 9, heapFactor: 0.9)
        #expect(try copy.search(query, recall: recall).hits == blocks.store.search(query, recall: recall).hits)
        #expect(try copy.verify(.deep).isClean)
        copy.close()
        try blocks.store.compact()
        try expectRight(&blocks, "compacted")
        #expect(try blocks.record() != nil)
        #expect(try blocks.store.verify(.deep).isClean)
        let report = try Store.repair(FilePath(path + ".copy"), to: FilePath(path + ".new"))
        #expect(report.isWritten)
        #expect(report.damagedCount == 0)
        let mended = try Store.open(at: path + ".new")
        #expect(try mended.statistics().blocks == nil)
        #expect(try mended.verify(.deep).isClean)
        #expect(try mended.read { $0.count } == 270)
    }
}
