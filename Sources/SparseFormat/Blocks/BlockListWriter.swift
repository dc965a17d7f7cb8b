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
