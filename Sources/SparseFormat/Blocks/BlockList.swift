/// One term's list in a block index, read in place. This file uses pointers: the directory has checked that the bytes
/// of the list exist, and their values are checked before use.
///
/// u32 slots[postings], block by block; u16 ends[blocks]; u16 terms[columns], ascending numbers; u32
/// columnEnds[columns]; u8 (u16 in a list of more than 256 blocks) blocks[components], column by column; u8
/// codes[components].
@usableFromInline package struct BlockList: Sendable {
    /// The numbers of documents and blocks in the list.
    @usableFromInline package let postings: Int
    @usableFromInline package let blocks: Int
    private let columns: Int
    /// Of all summaries together.
    package let components: Int
    private let byteCount: Int
    private let isNarrow: Bool
    // The owner of the index owns the bytes, and nothing writes to them.
    @usableFromInline nonisolated(unsafe) let base: UnsafeRawPointer

    /// - Parameter base: The address of the list, which has `entry.byteCount` bytes.
    package init(_ entry: BlockEntry, _ base: UnsafeRawPointer) {
        postings = Int(entry.postings)
        blocks = Int(entry.blocks)
        columns = Int(entry.columns)
        components = Int(entry.components)
        byteCount = entry.byteCount
        isNarrow = entry.blockBytes == 1
        self.base = base
    }

    /// Asks for all of the list, to read it sequentially.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    @inlinable var endsBase: UnsafeRawPointer { base + 4 * postings }
    private var termsBase: UnsafeRawPointer { endsBase + 2 * blocks }
    private var columnEndsBase: UnsafeRawPointer { termsBase + 2 * columns }
    private var blocksBase: UnsafeRawPointer { columnEndsBase + 4 * columns }
    private var codesBase: UnsafeRawPointer { blocksBase + (isNarrow ? 1 : 2) * components }

    /// The postings of a block in 0..<blocks. Empty if the list is damaged.
    @inlinable package func range(of block: Int) -> Range<Int> {
        // A violation is a bug of the caller, never of the file: only the numbers of components come from files.
        precondition(block >= 0 && block < blocks)
        let begin = block == 0 ? 0 : Int(u16(endsBase, block - 1))
        let end = min(postings, Int(u16(endsBase, block)))
        return begin..<max(begin, end)
    }

    /// Returns the slot of a posting in 0..<postings. The caller must check that the slot exists.
    @inlinable package func slot(_ posting: Int) -> Int {
        precondition(posting >= 0 && posting < postings)
        return Int(u32(base, posting))
    }

    /// Prefetches the postings of a block.
    @inlinable package func prefetchPostings(of block: Int) {
        guard block > 0 else { return prefetch(base) }
        prefetch(base + 4 * Int(u16(endsBase, block - 1)))
    }

    /// Requests from memory the terms of all columns.
    package func prefetchTerms() {
        for offset in stride(from: 0, to: 2 * columns, by: 64) { prefetch(termsBase + offset) }
    }

    /// Finds for each number the last column whose term is at most that number, or the first column, and requests its
    /// end from memory. All searches take their steps together, so that their cache misses overlap.
    ///
    /// - Parameters:
    ///   - numbers: The numbers of the terms.
    ///   - found: The positions of the columns, one for each number.
    package func findColumns(of numbers: UnsafeBufferPointer<UInt16>, _ found: UnsafeMutablePointer<Int>) {
        found.update(repeating: 0, count: numbers.count)
        var left = columns
        while left > 1 {
            let half = left / 2
            for index in 0..<numbers.count {
                found[index] &+= u16(termsBase, found[index] &+ half) <= numbers[index] ? half : 0
            }
            left -= half
        }
        for index in 0..<numbers.count { prefetch(columnEndsBase + 4 * max(0, found[index] - 1)) }
    }

    /// Returns the column at a position that `findColumns` found, if its term has the number, and requests it from
    /// memory.
    package func column(at position: Int, of number: UInt16) -> SummaryColumn? {
        guard position < columns, u16(termsBase, position) == number else { return nil }
        let begin = position == 0 ? 0 : Int(u32(columnEndsBase, position - 1))
        let end = min(components, Int(u32(columnEndsBase, position)))
        guard begin < end else { return nil }
        let width = isNarrow ? 1 : 2
        for offset in stride(from: width * begin, to: width * end, by: 64) { prefetch(blocksBase + offset) }
        for offset in stride(from: begin, to: end, by: 64) { prefetch(codesBase + offset) }
        return SummaryColumn(number: number, components: begin..<end)
    }

    /// Adds a column of the summaries, times the multiplier of its term, to the sum of each block.
    ///
    /// - Parameter sums: 65,536 of them, so that no block number can reach outside.
    package func add(_ column: SummaryColumn, multiplier: UInt32, to sums: UnsafeMutablePointer<UInt32>) {
        // A violation is a bug of the caller, never of the file: columns come from `column(at:of:)`.
        precondition(column.components.upperBound <= components)
        let codes = codesBase.assumingMemoryBound(to: UInt8.self)
        if isNarrow {
            let blocks = blocksBase.assumingMemoryBound(to: UInt8.self)
            for place in column.components { sums[Int(blocks[place])] &+= UInt32(codes[place]) &* multiplier }
        } else {
            for place in column.components {
                sums[Int(u16(blocksBase, place))] &+= UInt32(codes[place]) &* multiplier
            }
        }
    }

    /// Calls `body` with the block, term number and code of each component of the summaries.
    package func forEachComponent(_ body: (_ block: Int, _ number: Int, _ code: UInt8) throws -> Void) rethrows {
        var begin = 0
        for column in 0..<columns {
            let end = min(components, Int(u32(columnEndsBase, column)))
            while begin < end {
                let block =
                    isNarrow
                    ? Int(blocksBase.load(fromByteOffset: begin, as: UInt8.self)) : Int(u16(blocksBase, begin))
                try body(block, Int(u16(termsBase, column)), codesBase.load(fromByteOffset: begin, as: UInt8.self))
                begin += 1
            }
        }
    }

    @inlinable @inline(__always)
    func u16(_ base: UnsafeRawPointer, _ index: Int) -> UInt16 {
        UInt16(littleEndian: base.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self))
    }

    @inlinable @inline(__always)
    func u32(_ base: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
    }
}

/// The components of the summaries of a list that belong to one term.
package struct SummaryColumn: Sendable {
    package let number: UInt16
    package let components: Range<Int>
}

/// Lays out the lists of a block index in chunks, in ascending term order, and keeps their entries.
package struct BlockListWriter {
    /// One term's list before it is laid out.
    package struct Content: Sendable {
        /// The slots, block by block.
        package var slots: [UInt32] = []
        /// The end of each block.
        package var ends: [UInt16] = []
        /// The components of the summaries: term number << 32 | block << 8 | code, ascending.
        package var components: [UInt64] = []

        package init() {}

        /// Creates the content of a list that is laid out.
        package init(_ list: BlockList) {
            slots = (0..<list.postings).map { UInt32(truncatingIfNeeded: list.slot($0)) }
            ends = (0..<list.blocks).map { UInt16(truncatingIfNeeded: list.range(of: $0).upperBound) }
            components.reserveCapacity(list.components)
            list.forEachComponent { block, number, code in
                components.append(UInt64(number) << 32 | UInt64(block) << 8 | UInt64(code))
            }
        }

        /// Adds the blocks of other documents behind its own. The lists have at most `BlockEntry.maximumPostings`
        /// together.
        package mutating func append(_ other: Content) {
            let (postings, blocks) = (UInt16(truncatingIfNeeded: slots.count), UInt64(ends.count) << 8)
            slots += other.slots
            ends += other.ends.map { $0 &+ postings }
            components += other.components.map { $0 &+ blocks }
            // Two ascending runs, which the sort merges.
            components.sort()
        }

        /// The maximum number of bytes of the list, if each component has its own column.
        package var mostBytes: Int { 4 * slots.count + 2 * ends.count + 9 * components.count }
    }

    /// The data length of a chunk, unless a single list is longer. Together with its headers a chunk fills 64 pages of
    /// LMDB.
    private static let chunkBytes = 262_080

    private var chunk = ByteWriter()
    private var closed = 0
    package private(set) var entries: [BlockEntry] = []

    package init() {}

    /// The number of chunks so far, including the open one.
    package var chunkCount: Int { closed + (chunk.count > 0 ? 1 : 0) }

    /// Adds the next term. Returns a chunk if one has become full.
    package mutating func append(_ term: TermID, maximum: Float, _ content: Content) -> [UInt8]? {
        var entry = BlockEntry(term: term, maximum: maximum)
        guard !content.slots.isEmpty else {
            entries.append(entry)
            return nil
        }
        var numbers: [UInt16] = []
        var columnEnds: [UInt32] = []
        for (index, component) in content.components.enumerated() {
            let number = UInt16(truncatingIfNeeded: component >> 32)
            if numbers.last != number {
                numbers.append(number)
                columnEnds.append(0)
            }
            columnEnds[columnEnds.count - 1] = UInt32(index + 1)
        }
        entry.postings = UInt32(content.slots.count)
        entry.blocks = UInt32(content.ends.count)
        entry.columns = UInt32(numbers.count)
        entry.components = UInt32(content.components.count)
        let full = place(entry)
        chunk.fixeds(content.slots[...])
        chunk.fixeds(content.ends[...])
        chunk.fixeds(numbers[...])
        chunk.fixeds(columnEnds[...])
        for component in content.components {
            if entry.blockBytes == 1 {
                chunk.u8(UInt8(truncatingIfNeeded: component >> 8))
            } else {
                chunk.u16(UInt16(truncatingIfNeeded: component >> 8))
            }
        }
        for component in content.components { chunk.u8(UInt8(truncatingIfNeeded: component)) }
        return full
    }

    /// Adds the next term with a list as another index has it. Returns a chunk if one has become full.
    ///
    /// - Parameters:
    ///   - entry: The entry of the other index, with postings.
    ///   - bytes: The bytes of the list.
    package mutating func append(_ entry: BlockEntry, copying bytes: [UInt8]) -> [UInt8]? {
        let full = place(entry)
        chunk.append(bytes)
        return full
    }

    /// Adds the entry of the list whose bytes follow. Returns a chunk if one has become full.
    private mutating func place(_ entry: BlockEntry) -> [UInt8]? {
        var entry = entry
        var full: [UInt8]?
        chunk.align(to: BlockEntry.alignment)
        if chunk.count > 0, chunk.count + entry.byteCount > Self.chunkBytes { full = close() }
        entry.chunk = UInt32(closed)
        entry.offset = UInt32(chunk.count)
        entries.append(entry)
        return full
    }

    /// Returns the last chunk; nil if it is empty. No list may follow.
    package mutating func finish() -> [UInt8]? { chunk.count > 0 ? close() : nil }

    private mutating func close() -> [UInt8] {
        closed += 1
        defer { chunk = ByteWriter(reserving: Self.chunkBytes) }
        return chunk.bytes
    }
}
