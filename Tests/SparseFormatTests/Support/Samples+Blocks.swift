@testable import SparseFormat

extension Samples {
    /// The record and the directory of a block index.
    static func blocks(_ random: inout SeededGenerator) throws -> [Sample] {
        let lists = BuiltBlockLists(&random, terms: 9, postings: 0...20)
        let key = Keys.segment(5, part: 8, index: 0)
        let lengths = lists.chunks.map(\.count)
        let shared = BlockNumbers(shared: lists.entries.map { _ in UInt16(random.next() % 4) })
        let directories = [("blockDirectory", BlockNumbers()), ("blockDirectory with numbers", shared)]
        return [Sample("blockIndex", Arbitrary.blockIndex(&random), .meta, Keys.blocks)]
            + directories.map { name, numbers in
                let value = Value.seal(kind: .blockDirectory, version: numbers.version, table: .segments, key: key) {
                    BlockDirectory.encode(
                        lists.entries, numbers: numbers, slots: 640, lines: 600, chunks: lengths.count, into: &$0)
                }
                return Sample(name, .segments, key, value, isCanonical: true) { bytes, table, key in
                    try recode(bytes, table, key, lengths)
                }
            }
    }

    private static func recode(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8], _ lengths: [Int]
    ) throws -> [UInt8] {
        let opened = try Value.open(bytes, kind: .blockDirectory, table: table, key: key)
        let view = try BlockDirectory(body: opened.bytes, version: opened.version, chunkLengths: lengths)
        for (position, entry) in view.entries.enumerated() where view.position(of: entry.term) != position {
            throw FormatDocument.Malformed(what: "position \(position)")
        }
        return Value.seal(
            kind: .blockDirectory, version: opened.version, flags: opened.flags, table: table, key: key
        ) {
            BlockDirectory.encode(
                view.entries, numbers: view.numbers, slots: view.slots, lines: view.lines, chunks: lengths.count,
                into: &$0)
        }
    }
}
