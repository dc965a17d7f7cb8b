/// One term of a block index: its largest weight and where its list lies (FORMAT.md, "Block directory").
package struct BlockEntry: Sendable, Hashable {
    static let size = 32
    /// Lists begin at multiples of this in their chunk.
    static let alignment = 8
    /// Blocks of a list that an 8-bit number can name.
    static let narrowBlocks = 256

    package var term: TermID
    /// The largest weight of the term in the index; a code c stands for c x maximum / 255.
    package var maximum: Float
    /// The chunk that holds the list, and where it begins in the chunk's data.
    package var chunk: UInt32
    package var offset: UInt32
    /// Documents in the list; 0 for a term that documents have but no list.
    package var postings: UInt32
    package var blocks: UInt32
    /// Terms that some block's summary has.
    package var columns: UInt32
    /// Components of all summaries together.
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

    /// Bytes of a block's number in a summary's column.
    var blockBytes: Int { blocks <= Self.narrowBlocks ? 1 : 2 }

    /// Bytes of the list: u32 postings, u16 block ends, u16 column terms, u32 column ends, then for each component of the
    /// summaries its block's number, and for each its code.
    package var byteCount: Int {
        4 * Int(postings) + 2 * Int(blocks) + 6 * Int(columns) + (blockBytes + 1) * Int(components)
    }

    /// - Parameter chunkLengths: the data length of each chunk of lists.
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

    /// So that a block's end is a 16-bit number.
    package static let maximumPostings = 65_535
    /// Terms that 16-bit numbers can name.
    package static let maximumColumns = 65_536
}
