import Foundation
import LMDB
import Platform
import SparseFormat
import Testing

@testable import SparseStore

/// The building of a block index: what it leaves behind, whatever happens meanwhile.
@Suite(.timeLimit(.minutes(10))) struct BlockBuildTests {
    /// Many small stages.
    private func merger(_ store: Store) -> Merger {
        Merger(
            store.file, MergePolicy(),
            pieces: MergePieces(bytesWritten: 5_000, documentsRead: 16))
    }

    @Test func `a seed makes the same bytes, and another makes others`() throws {
        var settings = BlockCollection.unpruned
        let first = try BlockCollection(documents: 90, building: settings)
        let again = try BlockCollection(documents: 90, building: settings)
        #expect(try first.parts() == again.parts())
        #expect(try first.parts().count >= 4)
        let pieces = try BlockCollection(documents: 90, building: nil)
        #expect(try merger(pieces.store).buildBlocks(settings) { _ in })
        #expect(try pieces.parts() == first.parts())
        settings.seed = 2
        try again.store.buildBlocks(settings)
        #expect(try again.parts() != first.parts())
        settings.seed = 1
        try again.store.buildBlocks(settings)
        #expect(try again.parts() == first.parts())
    }

    @Test func `the record says what the parts are`() throws {
        let blocks = try BlockCollection(documents: 300)
        let record = try #require(try blocks.record())
        let bytes = try blocks.parts().reduce(0) { $0 + $1.value.count + 8 }
        #expect(record.bytes == bytes)
        let segments = try blocks.store.read { $0.manifest.segments }
        #expect(record.sources.map(\.segment) == segments.map(\.id))
        #expect(record.sources.map(\.documents) == [100, 100, 100])
        let statistics = try #require(try blocks.store.statistics().blocks)
        #expect(statistics.documents == 300)
        #expect(statistics.documentsBuilt == 300)
        #expect(statistics.bytes == bytes)
        #expect(statistics.terms == Set(blocks.model().documents.values.flatMap(\.terms)).count)
        // The generation is that of the last commit: nothing was committed.
        #expect(try blocks.store.read { $0.generation } == 3)
    }

    @Test func `a stopped build leaves the store as it was, at whatever stage`() throws {
        let blocks = try BlockCollection(documents: 120)
        let before = try blocks.record()
        #expect(try blocks.buildStoppingEverywhere(merger(blocks.store)) > 5)
        #expect(try blocks.record() != before)
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `cancelling ends a build with its own error`() throws {
        let blocks = try BlockCollection(documents: 240, building: nil)
        for patience in [0, 2, 5] {
            var asked = 0
            let error = #expect(throws: SparseStoreError.self) {
                try blocks.store.buildBlocks(isCancelled: {
                    asked += 1
                    return asked > patience
                })
            }
            #expect(error?.code == .cancelled)
            #expect(try blocks.record() == nil)
            #expect(try leftovers(blocks.store).isEmpty)
        }
    }

    @Test func `a list too long for a chunk is refused before it is written`() throws {
        var content = BlockListWriter.Content()
        content.components = [UInt64](repeating: 0, count: Limits.maximumChunkBytes / 9)
        try StagedBlocks.check(content, 7)
        content.components += [0, 0]
        let error = #expect(throws: SparseStoreError.self) { try StagedBlocks.check(content, 7) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `a build reports how many of its lists are built, in order, up to the last`() throws {
        let blocks = try BlockCollection(documents: 240, building: nil)
        var steps: [MaintenanceProgress] = []
        try blocks.store.buildBlocks(BlockCollection.settings, isCancelled: { false }) { steps.append($0) }
        let building = steps.filter { $0.lists > 0 }
        let last = try #require(building.last)
        #expect(last.listsBuilt == last.lists)
        #expect(building.allSatisfy { $0.lists == last.lists })
        #expect(building.map(\.listsBuilt) == building.map(\.listsBuilt).sorted())
        #expect(steps.first?.lists == 0)
    }

    @Test func `what a killed build has staged is collected by the next`() throws {
        let blocks = try BlockCollection(documents: 240, building: nil)
        var build = try #require(
            try StagedBlocks.begin(
                blocks.store.file, policy: MergePolicy(),
                pieces: MergePieces(bytesWritten: 1, documentsRead: 64),
                settings: BlockCollection.settings))
        #expect(try build.stage { _ in })
        #expect(try !leftovers(blocks.store).isEmpty)
        #expect(try blocks.store.statistics().stagedBytes > 0)
        #expect(try blocks.store.verify(.deep).isClean)
        #expect(try blocks.store.buildBlocks(BlockCollection.settings))
        #expect(try leftovers(blocks.store).isEmpty)
        #expect(try blocks.store.statistics().stagedBytes == 0)
        #expect(throws: Claim.Lost.self) { try build.finish() }
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `what changes during a build is right after it`() throws {
        var blocks = try BlockCollection(documents: 150, building: nil)
        var steps = 0
        let merger = merger(blocks.store)
        #expect(
            try merger.buildBlocks(BlockCollection.unpruned) { _ in
                steps += 1
                guard steps % 2 == 0, steps < 40 else { return }
                let ids = blocks.collection.ids
                try blocks.remove([ids[steps], ids[ids.count - steps]])
                try blocks.replace([ids[steps + 40]])
                try blocks.add(1)
            })
        #expect(steps > 12)
        for limit in [1, 10, 100] {
            let query = try blocks.collection.query()
            let hits = try blocks.searchAll(query, limit: limit).hits
            #expect(hits.map(\.id) == blocks.model().search(query, limit: limit).map(\.id))
        }
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `a writer and readers on other threads go on beside a build`() throws {
        let blocks = try BlockCollection(documents: 150, building: nil)
        let store = blocks.store
        let isDone = Lock(false)
        let commits = Lock(0)
        let failures = Lock([String]())
        let threads = (0..<2).map { number in
            Thread {
                var count = 0
                while !isDone.withLock({ $0 }) {
                    count += 1
                    do {
                        if number == 0 {
                            let vector = try SparseVector([(TermID(count % 600), Float(1))])
                            try store.write { transaction in
                                try transaction.upsert(Document(id: "new-\(count)", vector: vector))
                                try transaction.remove("doc-\(count)")
                            }
                            commits.withLock { $0 += 1 }
                        } else {
                            _ = try store.search(Query(vector: try SparseVector([(5, 1), (7, 1)])), recall: .exact)
                        }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
                isDone.withLock { _ in }
            }
        }
        for thread in threads { thread.start() }
        for _ in 0..<2 { #expect(try store.buildBlocks(BlockCollection.settings)) }
        isDone.withLock { $0 = true }
        for thread in threads { while !thread.isFinished { Thread.sleep(forTimeInterval: 0.005) } }
        #expect(failures.withLock { $0 }.isEmpty)
        #expect(commits.withLock { $0 } > 3)
        #expect(try store.verify(.deep).isClean)
        #expect(try leftovers(store).isEmpty)
    }

    @Test func `an empty store has nothing to index, and one document is enough`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        #expect(try !store.buildBlocks())
        #expect(try leftovers(store).isEmpty)
        try store.write { try $0.upsert(Document(id: "one", terms: ["t": 2, "u": 1])) }
        #expect(try store.buildBlocks())
        let found = try store.search(["t": 1], recall: .plainSeismic(cut: 8, heapFactor: 0.9))
        #expect(found.map(\.id) == ["one"])
        #expect(found.first?.score == 2)
        #expect(try store.verify(.deep).isClean)
        // The commit merges the window away, which is small, and the index goes with it.
        try store.write { _ = try $0.remove("one") }
        #expect(try store.statistics().blocks == nil)
        #expect(try leftovers(store).isEmpty)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `settings outside their ranges are refused, and so is a store opened for reading`() throws {
        var blocks = try BlockCollection(documents: 30, building: nil)
        let changes: [(inout BlockSettings) -> Void] = [
            { $0.postingsPerTerm = 0 }, { $0.postingsPerTerm = 60_001 }, { $0.maximumFactor = 0.9 },
            { $0.maximumFactor = 65 }, { $0.maximumFactor = .nan }, { $0.leastPostings = -1 }, { $0.blockShare = 0 },
            { $0.blockShare = 1.01 }, { $0.blockShare = .nan }, { $0.smallestBlock = -1 }, { $0.summaryShare = 0 },
            { $0.summaryShare = 1.01 },
        ]
        for change in changes {
            var settings = BlockSettings()
            change(&settings)
            let error = #expect(throws: SparseStoreError.self) { try blocks.store.buildBlocks(settings) }
            #expect(error?.code == .invalidArgument)
        }
        for change: (inout BlockSettings) -> Void in [
            { $0.blockShare = 1 }, { $0.smallestBlock = 0 }, { $0.smallestBlock = .max }, { $0.summaryShare = 0.001 },
            { $0.postingsPerTerm = 1 }, { $0.leastPostings = 0 }, { $0.leastPostings = .max },
        ] {
            var settings = BlockCollection.settings
            change(&settings)
            #expect(try blocks.store.buildBlocks(settings))
            #expect(try blocks.store.verify(.deep).isClean)
        }
        try blocks.reopen { $0.isReadOnly = true }
        let error = #expect(throws: SparseStoreError.self) { try blocks.store.buildBlocks() }
        #expect(error?.code == .readOnly)
    }

    @Test func `lists grow with the square root of the number of documents, unless their length is set`() {
        for (documents, postings) in [(550_000, 1_000), (2_200_000, 2_000), (10, 100), (1 << 40, 8_000)] {
            #expect(BlockSettings().resolved(documents: documents).postingsPerTerm == postings)
        }
        var settings = BlockSettings()
        settings.postingsPerTerm = 7
        #expect(settings.resolved(documents: 2_200_000).postingsPerTerm == 7)
    }
}
