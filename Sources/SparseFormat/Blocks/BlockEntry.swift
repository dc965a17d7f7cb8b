/// One term of a block index: its largest weight and the position of its list (FORMAT.md, "Block directory").
package struct BlockEntry: Sendable, Hashable {
    static let size = 32
    /// The alignment of lists within their chunk.
    static let alignment = 8
    /// The maximum number of blocks of a list with 8-bit block numbers.
    static let narrowBlocks = 256

    package var term: TermID
    /// The largest weight of the term in the index; a code c represents c x maximum / 255.
    package var maximum: Float
    /// The chunk of the list, and the offset of the list in the chunk's data.
    package var chunk: UInt32
    package var offset: UInt32
    /// The number of documents in the list; 0 for a term that occurs in documents but has no list.
    package var postings: UInt32
    package var blocks: UInt32
    /// The number of terms that occur in any summary.
    package var columns: UInt32
    /// The number of components of all summaries together.
    package var components: UInt32

    package init(
        term: TermID, maximum: Float, chunk: UInt32 = 0, offset: UInt32 = 0, postings: UInt32 = 0, blocks: UInt32 = 0,
        columns: UInt32 = 0, components: UInt32 = 0
    ) {
        self.term = term
        self.maximum = maximum
        self.chunk = chunk
        self.offset = offset
        self.postings = postings
        self.blocks = blocks
        self.columns = columns
        self.components = components
    }

    /// The number of bytes of a block number in a summary's column.
    var blockBytes: Int { blocks <= Self.narrowBlocks ? 1 : 2 }

    /// The number of bytes of the list: u32 postings, u16 block ends, u16 column terms, u32 column ends, then the block
    /// number of each component of the summaries, then the code of each.
    package var byteCount: Int {
        4 * Int(postings) + 2 * Int(blocks) + 6 * Int(columns) + (blockBytes + 1) * Int(components)
    }

    /// - Parameter chunkLengths: The data length of each chunk of lists.
    init(_ reader: inout ByteReader, chunkLengths: [Int]) throws(FormatError) {
        term = try reader.u32()
        maximum = try reader.f32()
        chunk = try reader.u32()
        offset = try reader.u32()
        postings = try reader.u32()
        blocks = try reader.u32()
        columns = try reader.u32()
        components = try reader.u32()
        guard maximum >= Limits.weights.lowerBound, maximum <= Limits.weights.upperBound else {
            throw FormatError(.weightInRange)
        }
        if postings == 0 {
            guard (chunk, offset, blocks, columns, components) == (0, 0, 0, 0, 0) else {
                throw FormatError(.blockLists, "term \(term) has no postings")
            }
            return
        }
        guard postings <= Self.maximumPostings, blocks >= 1, blocks <= postings, columns <= Self.maximumColumns,
            columns <= components, Int(components) <= Limits.maximumChunkBytes, Int(chunk) < chunkLengths.count,
            Int(offset) % Self.alignment == 0, Int(offset) + byteCount <= chunkLengths[Int(chunk)]
        else { throw FormatError(.blockLists, "term \(term)") }
    }

    func encode(into writer: inout ByteWriter) {
        writer.u32(term)
        writer.f32(maximum)
        writer.u32(chunk)
        writer.u32(offset)
        writer.u32(postings)
        writer.u32(blocks)
        writer.u32(columns)
        writer.u32(components)
    }

    /// The maximum, so that a block's end fits in 16 bits.
    package static let maximumPostings = 65_535
    /// The maximum number of terms that 16-bit numbers can name.
    package static let maximumColumns = 65_536
}
