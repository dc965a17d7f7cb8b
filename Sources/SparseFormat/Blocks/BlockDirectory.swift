/// The terms of a block index: a decoded `blockDirectory` value (FORMAT.md, "Block directory").
///
/// Body: u32 terms, u32 slots, u64 lines, u32 chunks of lists, 12 zero bytes; then an entry of 32 bytes per term,
/// ascending; then, in version 2, u16 numbers[terms].
package struct BlockDirectory: Sendable {
    private static let prefixSize = 32

    /// The number of documents in the index. Their slots are numbered from 0 in an order that keeps similar documents
    /// together.
    package let slots: Int
    /// The number of lines of all documents.
    package let lines: Int
    package let entries: [BlockEntry]
    package let numbers: BlockNumbers
    private let terms: [TermID]

    /// Proves that terms strictly ascend, and that each list lies inside its chunk and behind the list before, so that
    /// all lists together are no longer than the chunks.
    ///
    /// - Parameters:
    ///   - version: The version of the value, 1 or 2.
    ///   - chunkLengths: The data length of each chunk of lists.
    package init(body: UnsafeRawBufferPointer, version: UInt8, chunkLengths: [Int]) throws(FormatError) {
        var reader = ByteReader(body)
        let terms = UInt64(try reader.u32())
        slots = Int(try reader.u32())
        let lines = try reader.u64()
        let chunks = Int(try reader.u32())
        try reader.zeros(12)
        let hasNumbers = version == BlockNumbers.sharedVersion
        let count = try reader.proven(
            terms, elementBytes: BlockEntry.size + (hasNumbers ? 2 : 0),
            limit: hasNumbers ? Limits.maximumBlockTerms : BlockNumbers.count)
        guard count >= 1, slots >= 1, lines >= 1, lines <= UInt64(UInt32.max),
            chunks == chunkLengths.count
        else { throw FormatError(.blockCounts, "\(count) terms, \(slots) slots, \(lines) lines, \(chunks) chunks") }
        self.lines = Int(lines)
        var entries: [BlockEntry] = []
        entries.reserveCapacity(count)
        var end: (chunk: UInt32, offset: Int) = (0, 0)
        for _ in 0..<count {
            let entry = try BlockEntry(&reader, chunkLengths: chunkLengths)
            guard entries.last.map({ $0.term < entry.term }) ?? true else { throw FormatError(.termsAscend) }
            if entry.postings > 0 {
                guard (entry.chunk, Int(entry.offset)) >= end else {
                    throw FormatError(.blockLists, "the list of term \(entry.term) begins before the end of another")
                }
                end = (entry.chunk, Int(entry.offset) + entry.byteCount)
            }
            entries.append(entry)
        }
        var numbers: [UInt16] = []
        if hasNumbers {
            numbers.reserveCapacity(count)
            for _ in 0..<count { numbers.append(try reader.u16()) }
        }
        try reader.finish()
        self.numbers = BlockNumbers(shared: numbers)
        self.entries = entries
        self.terms = entries.map(\.term)
    }

    /// Returns the position of a term among the entries; nil if no document of the index had it.
    package func position(of term: TermID) -> Int? {
        var low = 0
        var high = terms.count
        while low < high {
            let middle = (low + high) / 2
            if terms[middle] < term { low = middle + 1 } else { high = middle }
        }
        return low < terms.count && terms[low] == term ? low : nil
    }

    /// Writes the body of a value whose version is `numbers.version`.
    package static func encode(
        _ entries: [BlockEntry], numbers: BlockNumbers = BlockNumbers(), slots: Int, lines: Int, chunks: Int,
        into writer: inout ByteWriter
    ) {
        writer.reserveCapacity(prefixSize + entries.count * BlockEntry.size + 2 * numbers.shared.count)
        writer.u32(UInt32(truncatingIfNeeded: entries.count))
        writer.u32(UInt32(truncatingIfNeeded: slots))
        writer.u64(UInt64(lines))
        writer.u32(UInt32(truncatingIfNeeded: chunks))
        writer.zeros(12)
        for entry in entries { entry.encode(into: &writer) }
        writer.fixeds(numbers.shared[...])
    }
}

/// The numbers by which summaries and lines name the terms of a block index. They have 16 bits, because summaries and
/// lines are most of what a search reads.
///
/// If there are more terms than numbers, several terms share one. A component that has the number of a query term may
/// then belong to another term, and the sums of its document and its block are too large. A search then looks at a few
/// documents that do not belong in the result. Its scores come from the exact vectors.
package struct BlockNumbers: Sendable, Hashable {
    /// The number of different numbers.
    package static let count = 65_536
    /// The version of a directory that has the numbers of its terms. In version 1 they are not stored.
    package static let sharedVersion: UInt8 = 2

    /// The number of each term, by position; empty if each term has its position as its number.
    fileprivate let shared: [UInt16]

    /// Creates the numbers of terms that share none: their positions.
    package init() { shared = [] }

    /// - Parameter shared: The number of each term, by position; empty if each term has its position as its number.
    package init(shared: [UInt16]) { self.shared = shared }

    /// The version of a directory with these numbers.
    package var version: UInt8 { shared.isEmpty ? 1 : Self.sharedVersion }

    /// The number of the term at a position of the directory.
    package subscript(position: Int) -> UInt16 {
        shared.isEmpty ? UInt16(truncatingIfNeeded: position) : shared[position]
    }
}

/// One term of a block index: its largest weight and the position of its list (FORMAT.md, "Block directory").
package struct BlockEntry: Sendable, Hashable {
    static let size = 32
    /// The alignment of lists within their chunk.
    static let alignment = 8
    /// The maximum number of blocks of a list with 8-bit block numbers.
    private static let narrowBlocks = 256

    package var term: TermID
    /// The largest weight of the term in the index; a code c represents c x maximum / 255.
    package var maximum: Float
    /// The chunk of the list, and the offset of the list in the chunk's data.
    package var chunk: UInt32
    package var offset: UInt32
    /// The number of documents in the list; 0 for a term that occurs in documents but has no list.
    package var postings: UInt32
    package var blocks: UInt32
    /// The number of term numbers that occur in any summary.
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
        guard postings <= Self.maximumPostings, blocks >= 1, blocks <= postings, columns <= BlockNumbers.count,
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
}
