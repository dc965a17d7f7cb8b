/// The terms of a block index: a decoded `blockDirectory` value (FORMAT.md, "Block directory").
///
/// Body: u32 terms, u32 slots, u64 lines, u32 chunks of lists, 12 zero bytes; then an entry of 32 bytes per term,
/// ascending. The position of a term among them is its number in the index.
package struct BlockDirectory: Sendable {
    private static let prefixSize = 32

    /// The number of documents in the index. Their slots are numbered from 0 in an order that keeps similar documents
    /// together.
    package let slots: Int
    /// The number of lines of all documents.
    package let lines: Int
    package let entries: [BlockEntry]
    private let terms: [TermID]

    /// Proves that terms strictly ascend, and that each list lies inside its chunk and behind the list before, so that all
    /// lists together are no longer than the chunks.
    ///
    /// - Parameter chunkLengths: The data length of each chunk of lists.
    package init(body: UnsafeRawBufferPointer, chunkLengths: [Int]) throws(FormatError) {
        var reader = ByteReader(body)
        let terms = UInt64(try reader.u32())
        slots = Int(try reader.u32())
        let lines = try reader.u64()
        let chunks = Int(try reader.u32())
        try reader.zeros(12)
        let count = try reader.proven(terms, elementBytes: BlockEntry.size, limit: BlockEntry.maximumColumns)
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
        try reader.finish()
        self.entries = entries
        self.terms = entries.map(\.term)
    }

    /// Returns the number of a term; nil if no document of the index had it.
    package func number(of term: TermID) -> Int? {
        var low = 0
        var high = terms.count
        while low < high {
            let middle = (low + high) / 2
            if terms[middle] < term { low = middle + 1 } else { high = middle }
        }
        return low < terms.count && terms[low] == term ? low : nil
    }

    package static func encode(
        _ entries: [BlockEntry], slots: Int, lines: Int, chunks: Int, into writer: inout ByteWriter
    ) {
        writer.reserveCapacity(prefixSize + entries.count * BlockEntry.size)
        writer.u32(UInt32(truncatingIfNeeded: entries.count))
        writer.u32(UInt32(truncatingIfNeeded: slots))
        writer.u64(UInt64(lines))
        writer.u32(UInt32(truncatingIfNeeded: chunks))
        writer.zeros(12)
        for entry in entries { entry.encode(into: &writer) }
    }
}
