@testable import SparseFormat

extension Samples {
    /// The record and the directory of a block index.
    static func blocks(_ random: inout SeededGenerator) throws -> [Sample] {
        let lists = BuiltBlockLists(&random, terms: 9, postings: 0...20)
        let key = Keys.segment(5, part: 8, index: 0)
        let lengths = lists.chunks.map(\.count)
        let value = Value.seal(kind: .blockDirectory, version: 1, table: .segments, key: key) {
            BlockDirectory.encode(lists.entries, slots: 640, lines: 600, chunks: lengths.count, into: &$0)
        }
        return [
            Sample("blockIndex", Arbitrary.blockIndex(&random), .meta, Keys.blocks),
            Sample("blockDirectory", .segments, key, value, isCanonical: true) { bytes, table, key in
                let opened = try Value.open(bytes, kind: .blockDirectory, table: table, key: key)
                let view = try BlockDirectory(body: opened.bytes, chunkLengths: lengths)
                for (number, entry) in view.entries.enumerated() where view.number(of: entry.term) != number {
                    throw FormatDocument.Malformed(what: "number \(number)")
                }
                return Value.seal(
                    kind: .blockDirectory, version: opened.version, flags: opened.flags, table: table, key: key
                ) {
                    BlockDirectory.encode(
                        view.entries, slots: view.slots, lines: view.lines, chunks: lengths.count, into: &$0)
                }
            },
        ]
    }
}
