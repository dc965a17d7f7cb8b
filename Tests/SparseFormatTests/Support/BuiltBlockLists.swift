@testable import SparseFormat

/// Lists of a block index with random contents, as the writer lays them out.
struct BuiltBlockLists {
    private(set) var contents: [BlockListWriter.Content] = []
    private(set) var chunks: [[UInt8]] = []
    private(set) var entries: [BlockEntry] = []

    init(_ random: inout SeededGenerator, terms: Int, postings: ClosedRange<Int>, postingsPerBlock: Int = 4) {
        var writer = BlockListWriter()
        var term: TermID = 0
        for _ in 0..<terms {
            term += 1 + TermID(random.next() % 90)
            let count = Int.random(in: postings, using: &random)
            let content = Self.content(&random, postings: count, postingsPerBlock)
            contents.append(content)
            if let full = writer.append(term, maximum: Arbitrary.weight(&random), content) { chunks.append(full) }
        }
        if let last = writer.finish() { chunks.append(last) }
        entries = writer.entries
    }

    private static func content(
        _ random: inout SeededGenerator, postings: Int, _ postingsPerBlock: Int
    ) -> BlockListWriter.Content {
        var content = BlockListWriter.Content()
        content.slots = (0..<postings).map { _ in UInt32(random.next() % 640) }
        for end in stride(from: postingsPerBlock, to: postings, by: postingsPerBlock) {
            content.ends.append(UInt16(end))
        }
        if postings > 0 { content.ends.append(UInt16(postings)) }
        for block in content.ends.indices {
            var numbers: Set<UInt64> = []
            for _ in 0..<random.next() % 12 { numbers.insert(random.next() % 65_536) }
            for number in numbers {
                content.components.append(number << 32 | UInt64(block) << 8 | UInt64(1 + random.next() % 255))
            }
        }
        content.components.sort()
        return content
    }

    /// Calls `body` with a list, its bytes copied to where `memory` has its end.
    func withList<Result>(
        _ number: Int, in memory: GuardedBytes, changing change: (inout [UInt8]) -> Void = { _ in },
        _ body: (BlockList) throws -> Result
    ) throws -> Result {
        let entry = entries[number]
        let begin = Int(entry.offset)
        var bytes = Array(chunks[Int(entry.chunk)][begin..<begin + entry.byteCount])
        change(&bytes)
        return try memory.with(bytes) { bytes in
            guard let base = bytes.baseAddress else { throw FormatDocument.Malformed(what: "an empty list") }
            return try body(BlockList(entry, base))
        }
    }
}
