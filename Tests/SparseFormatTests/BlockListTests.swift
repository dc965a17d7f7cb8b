import Testing

@testable import SparseFormat

/// Lists of a block index come back as they were built, and whatever their bytes say, nothing outside them is read.
@Suite struct BlockListTests {
    private var random = SeededGenerator()
    private let memory: GuardedBytes

    init() throws { memory = try #require(GuardedBytes()) }

    /// What a list says: its slots block by block, and its components.
    private func read(_ list: BlockList) -> BlockListWriter.Content {
        var content = BlockListWriter.Content()
        for block in 0..<list.blocks {
            let range = list.range(of: block)
            content.slots += range.map { UInt32(list.slot($0)) }
            content.ends.append(UInt16(range.upperBound))
        }
        list.forEachComponent { content.components.append(UInt64($1) << 32 | UInt64($0) << 8 | UInt64($2)) }
        return content
    }

    /// Adds the columns of some terms to the sums. Returns how many components they have.
    private func addSummaries(
        of list: BlockList, _ numbers: [UInt16], _ multipliers: [UInt16], to sums: inout [UInt32]
    ) -> Int {
        var found = [Int](repeating: 0, count: numbers.count)
        list.prefetchTerms()
        numbers.withUnsafeBufferPointer { numbers in
            found.withUnsafeMutableBufferPointer { found in
                if let found = found.baseAddress { list.findColumns(of: numbers, found) }
            }
        }
        var read = 0
        for (position, number) in zip(found, numbers) {
            guard let column = list.column(at: position, of: number) else { continue }
            read += column.components.count
            sums.withUnsafeMutableBufferPointer { sums in
                guard let sums = sums.baseAddress else { return }
                list.add(column, multiplier: UInt32(multipliers[Int(column.number)]), to: sums)
            }
        }
        return read
    }

    @Test(arguments: [(9, 1...20, 4), (3, 300...600, 1), (2, 65_535...65_535, 200)])
    mutating func `lists come back`(_ terms: Int, _ postings: ClosedRange<Int>, perBlock: Int) throws {
        let lists = BuiltBlockLists(&random, terms: terms, postings: postings, postingsPerBlock: perBlock)
        let memory = try #require(GuardedBytes(capacity: 1 << 20))
        for (number, content) in lists.contents.enumerated() {
            try lists.withList(number, in: memory) { list in
                let read = read(list)
                #expect(read.slots == content.slots)
                #expect(read.ends == content.ends)
                #expect(read.components == content.components, "SPARSE_SEED=\(random.seed)")
                #expect(list.bytes.count == lists.entries[number].byteCount)
            }
        }
    }

    @Test mutating func `lists that are read and written again, or copied, are the same`() throws {
        let lists = BuiltBlockLists(&random, terms: 30, postings: 0...9_000, postingsPerBlock: 40)
        var (written, copied) = (BlockListWriter(), BlockListWriter())
        var chunks: (written: [[UInt8]], copied: [[UInt8]]) = ([], [])
        let memory = try #require(GuardedBytes(capacity: 1 << 20))
        for (number, entry) in lists.entries.enumerated() {
            guard entry.postings > 0 else {
                _ = written.append(entry.term, maximum: entry.maximum, BlockListWriter.Content())
                _ = copied.append(entry.term, maximum: entry.maximum, BlockListWriter.Content())
                continue
            }
            try lists.withList(number, in: memory) { list in
                let content = BlockListWriter.Content(list)
                #expect(content.components == lists.contents[number].components)
                chunks.written += [written.append(entry.term, maximum: entry.maximum, content)].compactMap(\.self)
                chunks.copied += [copied.append(entry, copying: Array(list.bytes))].compactMap(\.self)
            }
        }
        #expect(chunks.written + [written.finish()] == lists.chunks)
        #expect(chunks.copied + [copied.finish()] == lists.chunks)
        #expect(written.entries == lists.entries)
        #expect(copied.entries == lists.entries)
    }

    @Test mutating func `added blocks lie behind those that there are`() {
        let lists = BuiltBlockLists(&random, terms: 2, postings: 300...600, postingsPerBlock: 2)
        let (first, second) = (lists.contents[0], lists.contents[1])
        var all = first
        all.append(second)
        #expect(all.slots == first.slots + second.slots)
        #expect(all.ends == first.ends + second.ends.map { $0 + UInt16(first.slots.count) })
        #expect(all.components == all.components.sorted())
        #expect(all.components.count == first.components.count + second.components.count)
        let blocks = first.ends.count
        let later = all.components.filter { Int($0 >> 8 & 0xFF_FFFF) >= blocks }
        #expect(later == second.components.map { $0 + UInt64(blocks) << 8 })
    }

    @Test mutating func `chunks are closed before a list that does not fit`() throws {
        let lists = BuiltBlockLists(&random, terms: 20, postings: 8_000...30_000, postingsPerBlock: 300)
        #expect(lists.chunks.count > 2)
        #expect(lists.chunks.allSatisfy { $0.count <= 262_080 })
        for (entry, next) in zip(lists.entries, lists.entries.dropFirst()) {
            let end = Int(entry.offset) + entry.byteCount
            if next.chunk == entry.chunk {
                #expect(Int(next.offset) == (end + 7) / 8 * 8)
            } else {
                #expect(next.chunk == entry.chunk + 1)
                #expect(next.offset == 0)
                #expect(lists.chunks[Int(entry.chunk)].count == (end + 7) / 8 * 8)
                #expect((end + 7) / 8 * 8 + next.byteCount > 262_080)
            }
        }
        var writer = ByteWriter()
        BlockDirectory.encode(lists.entries, slots: 64, lines: 1, chunks: lists.chunks.count, into: &writer)
        let lengths = lists.chunks.map(\.count)
        let entries = try writer.bytes.withUnsafeBytes {
            try BlockDirectory(body: $0, version: 1, chunkLengths: lengths).entries
        }
        #expect(entries == lists.entries)
    }

    @Test mutating func `summaries are summed for the terms of a query only`() throws {
        for perBlock in [1, 4] {
            let lists = BuiltBlockLists(&random, terms: 2, postings: 500...600, postingsPerBlock: perBlock)
            let content = lists.contents[0]
            let chosen = Array(Set(content.components.map { UInt16($0 >> 32) })).filter { $0 % 3 == 0 } + [1]
            let numbers = Set(chosen).sorted()
            var multipliers = [UInt16](repeating: 0, count: 65_536)
            for number in numbers { multipliers[Int(number)] = UInt16(1 + random.next() % 1_023) }
            var expected = [UInt32](repeating: 0, count: 65_536)
            var count = 0
            for component in content.components where numbers.contains(UInt16(component >> 32)) {
                expected[Int(component >> 8 & 0xFFFF)] +=
                    UInt32(component & 0xFF) * UInt32(multipliers[Int(component >> 32)])
                count += 1
            }
            var sums = [UInt32](repeating: 0, count: 65_536)
            let read = try lists.withList(0, in: memory) { list in
                addSummaries(of: list, numbers, multipliers, to: &sums)
            }
            #expect(sums == expected, "SPARSE_SEED=\(random.seed)")
            #expect(read == count, "SPARSE_SEED=\(random.seed)")
            #expect(count > 0, "SPARSE_SEED=\(random.seed)")
        }
    }

    /// The guard behind the bytes ends the process when a list reads past them.
    @Test mutating func `lying lists stay inside their bytes`() throws {
        let multipliers = [UInt16](repeating: 3, count: 65_536)
        var sums = [UInt32](repeating: 0, count: 65_536)
        var differing = 0
        for (perBlock, rounds) in [(4, 60), (1, 10)] {
            let lists = BuiltBlockLists(&random, terms: 1, postings: 300...400, postingsPerBlock: perBlock)
            // All that the list has, and some that damage may name.
            let known = lists.contents[0].components.map { UInt16($0 >> 32) }
            let numbers = Set(known + stride(from: 0, to: .max, by: 255)).sorted()
            for round in 0..<rounds {
                var noise = random
                let read = try lists.withList(0, in: memory) { bytes in
                    for _ in 0...(round % 40) {
                        let place = Int(noise.next() % UInt64(bytes.count))
                        bytes[place] = round % 3 == 0 ? 0xFF : UInt8(truncatingIfNeeded: noise.next())
                    }
                    if round % 10 == 9 { bytes = noise.bytes(bytes.count) }
                } _: { list in
                    for block in 0..<list.blocks {
                        list.prefetchPostings(of: block)
                        let range = list.range(of: block)
                        #expect(range.isEmpty || range.upperBound <= list.postings)
                    }
                    // Columns may share components; a search refuses to read more than there are.
                    _ = addSummaries(of: list, numbers, multipliers, to: &sums)
                    return self.read(list)
                }
                random = noise
                if read.components != lists.contents[0].components { differing += 1 }
            }
        }
        // The canary: the damage was there to be read.
        #expect(differing > 20)
    }
}
