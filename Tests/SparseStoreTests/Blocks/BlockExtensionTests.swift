import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// A block index that is extended with later documents instead of being built anew.
@Suite(.timeLimit(.minutes(10))) struct BlockExtensionTests {
    /// Builds with settings, and extends if that is possible. Returns whether it did.
    @discardableResult
    private func extend(
        _ blocks: BlockCollection, _ settings: BlockSettings = BlockCollection.unpruned, _ pieces: MergePieces? = nil
    ) throws -> Bool {
        let before = try places(blocks)
        let merger = Merger(blocks.store.file, MergePolicy(), pieces: pieces ?? MergePieces())
        #expect(try merger.buildBlocks(settings, mayExtend: true) { _ in })
        return try isExtended(blocks, from: before)
    }

    /// The first line and the document of each slot.
    private func places(_ blocks: BlockCollection) throws -> [UInt64] {
        guard let index = try blocks.store.read({ $0.index.blocks })?.index else { return [] }
        return (0..<index.directory.slots).map {
            UInt64(index.lines.place(of: $0)) << 32 | UInt64(index.lines.document(at: $0))
        }
    }

    /// Whether the index begins with the slots of another. A new one has another order.
    private func isExtended(_ blocks: BlockCollection, from before: [UInt64]) throws -> Bool {
        let after = try places(blocks)
        return after.count > before.count && Array(after[..<before.count]) == before
    }

    /// The block index finds what brute force finds, without a search of windows, and is sound.
    private func expectRight(_ blocks: inout BlockCollection, _ when: String = "") throws {
        for limit in [1, 10, 100] {
            let query = try blocks.collection.query()
            let (hits, counters) = try blocks.searchAll(query, limit: limit)
            let expected = blocks.model().search(query, limit: limit)
            #expect(hits.map(\.id) == expected.map(\.id), "\(when)")
            #expect(hits.map(\.score) == expected.map(\.score), "\(when)")
            #expect(counters.segmentsScanned == 0, "\(when)")
        }
        let report = try blocks.store.verify(.deep)
        #expect(report.isClean, "\(when) \(report.findings.prefix(3).map(\.sentence))")
        #expect(try leftovers(blocks.store).isEmpty)
    }

    @Test func `later documents are found in the blocks`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let old = try #require(try blocks.record())
        try blocks.add(40)
        try blocks.add(20)
        #expect(try blocks.store.canExtendBlocks())
        #expect(try extend(blocks))
        #expect(try !blocks.store.canExtendBlocks())
        let new = try #require(try blocks.record())
        #expect(new.number > old.number)
        #expect(new.sources.prefix(3) == old.sources[...])
        #expect(new.sources.map(\.documents) == [100, 100, 100, 40, 20])
        #expect(try blocks.store.statistics().blocks?.documents == 360)
        try expectRight(&blocks)
        try blocks.reopen()
        try expectRight(&blocks, "opened again")
    }

    @Test func `an index can be extended again and again`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        for count in [1, 60, 130] {
            try blocks.add(count)
            #expect(try extend(blocks))
            try expectRight(&blocks, "\(count) more")
        }
        #expect(try blocks.record()?.sources.count == 6)
    }

    @Test func `removed and replaced documents stay out of an extended index`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("1") })
        try blocks.replace(blocks.collection.ids.filter { $0.hasSuffix("2") })
        try blocks.add(30)
        try blocks.remove([blocks.collection.ids[0], "doc-335"])
        #expect(try extend(blocks))
        try expectRight(&blocks)
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("5") })
        try expectRight(&blocks, "removed since")
    }

    @Test func `new terms get free numbers, and others keep theirs`() throws {
        for termNumbers in [BlockNumbers.count, 305, 290] {
            var settings = BlockCollection.unpruned
            settings.termNumbers = termNumbers
            let blocks = try BlockCollection(documents: 300, terms: 280, building: settings)
            let old = try #require(try blocks.store.read { $0.index.blocks }).index.directory
            let documents = (0..<60).map { number in
                let terms = [TermID(number % 20), 5_000 + TermID(number % 40), 100_000 + TermID(number)]
                return Document(
                    id: "new-\(number)",
                    vector: SparseVector(uncheckedTerms: terms, weights: [1, 0.5, Float(1 + number)]))
            }
            try blocks.store.write { transaction in for document in documents { try transaction.upsert(document) } }
            #expect(try extend(blocks, settings))
            let new = try #require(try blocks.store.read { $0.index.blocks }).index.directory
            #expect(new.entries.count == old.entries.count + 100)
            for (position, entry) in old.entries.enumerated() {
                let place = try #require(new.position(of: entry.term))
                #expect(new.numbers[place] == old.numbers[position])
                #expect(new.entries[place].maximum == entry.maximum)
            }
            let added = Set(
                new.entries.indices.filter { old.position(of: new.entries[$0].term) == nil }.map { new.numbers[$0] })
            let earlier = Set(old.entries.indices.map { old.numbers[$0] })
            if termNumbers == BlockNumbers.count {
                #expect(added == Set(UInt16(old.entries.count)..<UInt16(old.entries.count + 100)))
            } else {
                #expect(added.union(earlier).count == termNumbers)
            }
            for number in [0, 17, 59] {
                let query = SparseVector(
                    uncheckedTerms: [5_000 + TermID(number % 40), 100_000 + TermID(number)], weights: [1, 1])
                #expect(try blocks.searchAll(query, limit: 1).hits.map(\.id) == ["new-\(number)"])
            }
            #expect(try blocks.store.verify(.deep).isClean)
        }
    }

    @Test func `an index whose terms share numbers is extended`() throws {
        var blocks = try BlockCollection(building: BlockCollection.shared)
        try blocks.add(80)
        #expect(try extend(blocks, BlockCollection.shared))
        try expectRight(&blocks)
    }

    @Test func `a weight above the maximum gets the largest code`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let maximum = try blocks.store.read { try #require($0.index.blocks).index.directory.entries[0].maximum }
        try blocks.add(60)
        let heavy = Document(id: "heavy", vector: SparseVector(uncheckedTerms: [0, 7], weights: [4 * maximum, 1]))
        try blocks.store.write { try $0.upsert(heavy) }
        #expect(try extend(blocks))
        let index = try #require(try blocks.store.read { $0.index.blocks }).index
        #expect(index.directory.entries[0].maximum == maximum)
        var found: [UInt8] = []
        for slot in 300..<index.directory.slots where index.lines.document(at: slot) == 360 {
            index.lines.components(at: index.lines.place(of: slot)) { found.append($1) }
        }
        #expect(found.first == 255)
        let hits = try blocks.searchAll(SparseVector(uncheckedTerms: [0], weights: [1]), limit: 1).hits
        #expect(hits.map(\.id) == ["heavy"])
        #expect(hits.first?.score == 4 * maximum)
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `heavier documents than before build a new index`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let documents = try (0..<60).map { number in
            let vector = try blocks.collection.query()
            return Document(
                id: "heavy-\(number)",
                vector: SparseVector(uncheckedTerms: vector.terms, weights: vector.weights.map { 4 * $0 }))
        }
        try blocks.store.write { transaction in for document in documents { try transaction.upsert(document) } }
        #expect(try blocks.store.canExtendBlocks())
        #expect(try !extend(blocks))
        #expect(try blocks.record()?.sources.count == 4)
        #expect(try blocks.store.verify(.deep).isClean)
        #expect(try leftovers(blocks.store).isEmpty)
    }

    @Test func `too many new documents, too few live ones, nothing to add, and settings build a new index`() throws {
        func isExtended(_ change: (inout BlockCollection) throws -> Void, settings: BlockSettings? = nil) throws -> Bool
        {
            var blocks = try BlockCollection()
            try change(&blocks)
            let before = try places(blocks)
            let expected = try settings == nil && blocks.store.canExtendBlocks()
            #expect(try blocks.store.buildBlocks(settings))
            #expect(try blocks.store.verify(.deep).isClean)
            #expect(try self.isExtended(blocks, from: before) == expected)
            return expected
        }
        #expect(try isExtended { try $0.add(150) })
        #expect(try !isExtended { try $0.add(151) })
        #expect(
            try !isExtended {
                try $0.add(10); try $0.remove(Array($0.collection.ids.prefix(80)))
            })
        #expect(
            try isExtended {
                try $0.add(10); try $0.remove(Array($0.collection.ids.prefix(60)))
            })
        #expect(try !isExtended { _ in })
        #expect(try !isExtended({ try $0.add(20) }, settings: BlockCollection.settings))
    }

    @Test func `sources that were merged away leave the others where they are`() throws {
        var blocks = try BlockCollection(documents: 180, building: nil)
        for _ in 0..<2 { try blocks.add(60) }
        try blocks.store.buildBlocks(BlockCollection.unpruned)
        let old = try #require(try blocks.record())
        // Half of the first source, which is rewritten.
        try blocks.remove((0..<30).map { "doc-\($0)" })
        #expect(try blocks.store.maintain() > 0)
        try blocks.add(20)
        #expect(try extend(blocks))
        let new = try #require(try blocks.record())
        #expect(new.sources.prefix(5) == old.sources[...])
        #expect(new.sources.map(\.documents) == [60, 60, 60, 60, 60, 30, 20])
        try expectRight(&blocks)
    }

    @Test func `optimize can keep the windows of a block index, which is then extended`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let old = try #require(try blocks.record())
        try blocks.remove(["doc-7", "doc-150"])
        for _ in 0..<3 { try blocks.add(20) }
        try blocks.store.optimize(keepingBlocks: true)
        #expect(try blocks.store.read { $0.manifest.segments.map(\.documents) } == [100, 100, 100, 60])
        #expect(try blocks.record() == old)
        #expect(try extend(blocks))
        try expectRight(&blocks)
        // What would be built anew is not spared.
        try blocks.remove(Array(blocks.collection.ids.prefix(120)))
        try blocks.store.optimize(keepingBlocks: true)
        #expect(try blocks.store.read { $0.manifest.segments.count } == 1)
    }

    @Test func `a planned search finds about as much as with a new index`() throws {
        var blocks = try BlockCollection(documents: 1_800, building: nil)
        var settings = BlockSettings()
        settings.smallestBlock = 1
        try blocks.store.buildBlocks(settings)
        try blocks.add(700)
        let queries = try (0..<40).map { _ in try blocks.collection.query() }
        let model = blocks.model()
        let truth = queries.map { Set(model.search($0, limit: 10).map(\.id)) }
        func recall() throws -> Double {
            var found = 0
            for (query, truth) in zip(queries, truth) {
                let (hits, counters) = try blocks.search(query, limit: 10, plan: BlockLadder.plans[10])
                #expect(counters.segmentsScanned == 0)
                found += truth.intersection(hits.map(\.id)).count
            }
            return Double(found) / Double(10 * queries.count)
        }
        #expect(try extend(blocks, settings))
        let extended = try recall()
        try blocks.store.buildBlocks(settings)
        let new = try recall()
        #expect(new > 0.85)
        #expect(extended > new - 0.03, "\(extended) and \(new)")
    }

    @Test func `the same bytes come in whatever pieces, and from the same seed`() throws {
        let parts = try [nil, MergePieces(bytesWritten: 5_000, documentsRead: 16)].map { pieces in
            var blocks = try BlockCollection(documents: 300, building: BlockCollection.settings)
            try blocks.add(90)
            #expect(try extend(blocks, BlockCollection.settings, pieces))
            return try blocks.parts()
        }
        #expect(parts[0] == parts[1])
    }

    @Test func `a stopped extension leaves the store as it was, at whatever stage`() throws {
        var blocks = try BlockCollection(documents: 120)
        try blocks.add(30)
        let before = try places(blocks)
        let merger = Merger(
            blocks.store.file, MergePolicy(), pieces: MergePieces(bytesWritten: 5_000, documentsRead: 16))
        #expect(try blocks.buildStoppingEverywhere(merger, mayExtend: true) > 5)
        #expect(try isExtended(blocks, from: before))
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test func `what changes during an extension is right after it`() throws {
        var blocks = try BlockCollection(documents: 240, building: BlockCollection.unpruned)
        try blocks.add(60)
        let before = try places(blocks)
        var steps = 0
        let merger = Merger(
            blocks.store.file, MergePolicy(), pieces: MergePieces(bytesWritten: 5_000, documentsRead: 16))
        #expect(
            try merger.buildBlocks(BlockCollection.unpruned, mayExtend: true) { _ in
                steps += 1
                guard steps % 2 == 0, steps < 40 else { return }
                let ids = blocks.collection.ids
                try blocks.remove([ids[steps], ids[ids.count - steps]])
                try blocks.replace([ids[steps + 40]])
                try blocks.add(1)
            })
        #expect(steps > 8)
        #expect(try isExtended(blocks, from: before))
        for limit in [1, 10, 100] {
            let query = try blocks.collection.query()
            let hits = try blocks.searchAll(query, limit: limit).hits
            #expect(hits.map(\.id) == blocks.model().search(query, limit: limit).map(\.id))
        }
        #expect(try blocks.store.verify(.deep).isClean)
    }

    @Test(arguments: [SegmentTable.Part.blockDirectory, .blockLists, .blockPlaces, .blockLines])
    func `a damaged index is not extended`(_ part: SegmentTable.Part) throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        try blocks.add(60)
        let key = Keys.segment(try #require(try blocks.record()).number, part: part.rawValue, index: 0)
        try blocks.store.file.write { writer in
            var value = Array(try #require(try writer.reader.get(.segments, key)))
            value[value.count - 1] ^= 1
            try writer.put(.segments, key, value)
        }
        try blocks.reopen()
        let merger = Merger(blocks.store.file, MergePolicy())
        #expect(try merger.buildBlocks(BlockCollection.unpruned, mayExtend: true) { _ in })
        let parts = try blocks.parts()
        try blocks.store.buildBlocks(BlockCollection.unpruned)
        #expect(try blocks.parts() == parts)
    }
}
