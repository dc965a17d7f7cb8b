/// One term's list in a block index, read in place. This file uses pointers: the directory has checked that the bytes
/// of the list exist, and their values are checked before use.
///
/// u32 slots[postings], block by block; u16 ends[blocks]; u16 terms[columns], ascending numbers; u32
/// columnEnds[columns]; u8 (u16 in a list of more than 256 blocks) blocks[components], column by column; u8
/// codes[components].
package struct BlockList: Sendable {
    /// The numbers of documents and blocks in the list.
    package let postings: Int
    package let blocks: Int
    private let columns: Int
    /// Of all summaries together.
    package let components: Int
    private let byteCount: Int
    private let isNarrow: Bool
    // The owner of the index owns the bytes, and nothing writes to them.
    nonisolated(unsafe) private let base: UnsafeRawPointer

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

    private var endsBase: UnsafeRawPointer { base + 4 * postings }
    private var termsBase: UnsafeRawPointer { endsBase + 2 * blocks }
    private var columnEndsBase: UnsafeRawPointer { termsBase + 2 * columns }
    private var blocksBase: UnsafeRawPointer { columnEndsBase + 4 * columns }
    private var codesBase: UnsafeRawPointer { blocksBase + (isNarrow ? 1 : 2) * components }

    /// The postings of a block in 0..<blocks. Empty if the list is damaged.
    package func range(of block: Int) -> Range<Int> {
        // A violation is a bug of the caller, never of the file: `addSummaries` masks or checks block numbers from
        // files.
        precondition(block >= 0 && block < blocks)
        let begin = block == 0 ? 0 : Int(u16(endsBase, block - 1))
        let end = min(postings, Int(u16(endsBase, block)))
        return begin..<max(begin, end)
    }

    /// Returns the slot of a posting in 0..<postings. The caller must check that the slot exists.
    package func slot(_ posting: Int) -> Int {
        precondition(posting >= 0 && posting < postings)
        return Int(u32(base, posting))
    }

    /// Prefetches the postings of a block.
    package func prefetchPostings(of block: Int) {
        guard block > 0 else { return prefetch(base) }
        prefetch(base + 4 * Int(u16(endsBase, block - 1)))
    }

    /// Adds the summary components of some terms to the sum of each block.
    ///
    /// - Parameters:
    ///   - numbers: of terms, ascending.
    ///   - multipliers: by term number, 65,536 of them.
    ///   - sums: 65,536 of them, so that no block number can reach outside.
    /// - Returns: how many components of summaries were read.
    /// - Throws: `blockLists` when columns share components, so that more would be read than there are.
    package func addSummaries(
        of numbers: [UInt16], _ multipliers: UnsafePointer<UInt16>, to sums: UnsafeMutablePointer<UInt32>
    ) throws(FormatError) -> Int {
        var read = 0
        var low = 0
        for number in numbers {
            low = firstColumn(from: number, low)
            guard low < columns, u16(termsBase, low) == number else { continue }
            let begin = low == 0 ? 0 : Int(u32(columnEndsBase, low - 1))
            let end = min(components, Int(u32(columnEndsBase, low)))
            guard begin < end else { continue }
            read += end - begin
            guard read <= components else { throw FormatError(.blockLists, "columns share components") }
            let multiplier = UInt32(multipliers[Int(number)])
            let codes = codesBase.assumingMemoryBound(to: UInt8.self)
            if isNarrow {
                let blocks = blocksBase.assumingMemoryBound(to: UInt8.self)
                for index in begin..<end { sums[Int(blocks[index])] &+= UInt32(codes[index]) &* multiplier }
            } else {
                for index in begin..<end { sums[Int(u16(blocksBase, index))] &+= UInt32(codes[index]) &* multiplier }
            }
        }
        return read
    }

    /// The first column at or after `low` whose term is at least `number`.
    private func firstColumn(from number: UInt16, _ low: Int) -> Int {
        var low = low
        var high = columns
        while low < high {
            let middle = (low + high) / 2
            if u16(termsBase, middle) < number { low = middle + 1 } else { high = middle }
        }
        return low
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

    @inline(__always)
    private func u16(_ base: UnsafeRawPointer, _ index: Int) -> UInt16 {
        UInt16(littleEndian: base.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self))
    }

    @inline(__always)
    private func u32(_ base: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
    }
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
        var full: [UInt8]?
        chunk.align(to: BlockEntry.alignment)
        if chunk.count > 0, chunk.count + entry.byteCount > Self.chunkBytes { full = close() }
        entry.chunk = UInt32(closed)
        entry.offset = UInt32(chunk.count)
        entries.append(entry)
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

    /// Returns the last chunk; nil if it is empty. No list may follow.
    package mutating func finish() -> [UInt8]? { chunk.count > 0 ? close() : nil }

    private mutating func close() -> [UInt8] {
        closed += 1
        defer { chunk = ByteWriter(reserving: Self.chunkBytes) }
        return chunk.bytes
    }
}
