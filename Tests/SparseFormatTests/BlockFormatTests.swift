import Testing

@testable import SparseFormat

/// What FORMAT.md says of block indexes is what the code does.
@Suite struct BlockFormatTests {
    private func body(_ name: String, _ kind: RecordKind, part: UInt8, version: UInt8 = 1) throws -> [UInt8] {
        let key = Keys.segment(9, part: part, index: 0)
        let example = try #require(try FormatDocument.examples().first { $0.name == name })
        #expect(example.table == "segments")
        #expect(example.key == key)
        return try example.value.withUnsafeBytes {
            let value = try Value.open($0, kind: kind, table: .segments, key: key)
            #expect(value.version == version)
            return Array(value.bytes)
        }
    }

    private func chunk(_ name: String, part: UInt8) throws -> [UInt8] {
        try body(name, .segmentChunk, part: part).withUnsafeBytes { body in
            try SegmentChunkHeader(body: body).rawData(body: body)
        }
    }

    @Test func `the record`() throws {
        let example = try #require(try FormatDocument.examples().first { $0.name == "blockIndex" })
        let record = BlockIndexRecord(number: 9, bytes: 550, sources: [.init(segment: 7, documents: 4)])
        let read = try example.value.withUnsafeBytes {
            try BlockIndexRecord(sealed: $0, in: .meta, key: example.key)
        }
        #expect(read == record)
        #expect(record.sealed(in: .meta, key: Keys.blocks) == example.value)
        #expect(example.key == Keys.blocks)
        #expect(record.documents == 4)
        let names = ["blockDirectory", "blockListsChunk", "blockPlacesChunk", "blockLinesChunk"]
        let values = try FormatDocument.examples().filter { names.contains($0.name) }
        #expect(values.reduce(0) { $0 + UInt64($1.value.count) } == record.bytes)
    }

    @Test func `the lists`() throws {
        var writer = BlockListWriter()
        var five = BlockListWriter.Content()
        (five.slots, five.ends, five.components) = ([0, 1, 2], [2, 3], [255, 2 << 32 | 1 << 8 | 255])
        var other = BlockListWriter.Content()
        (other.slots, other.ends, other.components) = ([0], [1], [255])
        #expect(writer.append(5, maximum: 2, five) == nil)
        #expect(writer.append(300, maximum: 1, other) == nil)
        #expect(writer.append(301, maximum: 4, BlockListWriter.Content()) == nil)
        #expect(writer.chunkCount == 1)
        let lists = try chunk("blockListsChunk", part: 9)
        #expect(writer.finish() == lists)
        let directory = try body("blockDirectory", .blockDirectory, part: 8)
        var encoded = ByteWriter()
        BlockDirectory.encode(writer.entries, slots: 3, lines: 3, chunks: 1, into: &encoded)
        #expect(encoded.bytes == directory)
        try directory.withUnsafeBytes { bytes in
            let view = try BlockDirectory(body: bytes, version: 1, chunkLengths: [lists.count])
            #expect(view.entries == writer.entries)
            #expect(view.slots == 3)
            #expect(view.lines == 3)
            #expect([5, 300, 301].map(view.position) == [0, 1, 2])
            #expect([0, 6, 302].map(view.position) == [nil, nil, nil])
            #expect((0..<3).map { view.numbers[$0] } == [0, 1, 2])
            #expect(view.numbers.version == 1)
        }
    }

    @Test func `shared numbers`() throws {
        let directory = try body("blockDirectoryWithNumbers", .blockDirectory, part: 8, version: 2)
        let length = try chunk("blockListsChunk", part: 9).count
        try directory.withUnsafeBytes { bytes in
            let view = try BlockDirectory(body: bytes, version: 2, chunkLengths: [length])
            #expect(view.entries.map(\.term) == [5, 300, 301])
            #expect((0..<3).map { view.numbers[$0] } == [0, 1, 1])
            #expect(view.numbers.version == 2)
            var encoded = ByteWriter()
            BlockDirectory.encode(
                view.entries, numbers: view.numbers, slots: view.slots, lines: view.lines, chunks: 1, into: &encoded)
            #expect(encoded.bytes == directory)
        }
        // But for the numbers it is the other example.
        #expect(Array(directory.dropLast(6)) == (try body("blockDirectory", .blockDirectory, part: 8)))
    }

    @Test func `the lines`() throws {
        var writer = ImpactLineWriter()
        for (document, codes) in [(3, [(0, 255), (1, 255)]), (0, [(0, 128)]), (2, [(2, 255), (0, 64)])] {
            #expect(writer.append(document, codes.map { (UInt16($0.0), UInt8($0.1)) }) == nil)
        }
        #expect(writer.lines == 3)
        #expect(writer.slotCount == 3)
        #expect(writer.finish() == (try chunk("blockLinesChunk", part: 11)))
        #expect(writer.placeChunks() == [try chunk("blockPlacesChunk", part: 10)])
    }

    /// Each rule of the directory.
    @Test func `directory rules`() throws {
        let directory = try body("blockDirectory", .blockDirectory, part: 8)
        func code(
            _ changes: [Int: [UInt8]], tail: [UInt8] = [], lengths: [Int] = [46], version: UInt8 = 1
        ) -> FormatError.Code? {
            var body = directory + tail
            for (offset, bytes) in changes { body.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
            do {
                _ = try body.withUnsafeBytes {
                    try BlockDirectory(body: $0, version: version, chunkLengths: lengths)
                }
                return nil
            } catch { return (error as? FormatError)?.code }
        }
        let (counts, lists) = (FormatError(.blockCounts).code, FormatError(.blockLists).code)
        #expect(code([:]) == nil)
        #expect(code([0: [0]]) == counts)
        #expect(code([0: [2]]) == .trailingBytes)
        #expect(code([0: [4]]) == .truncated)
        #expect(code([0: [1, 0, 1]]) == .limitExceeded)
        #expect(code([4: [0]]) == counts)
        #expect(code([4: [255, 255, 255, 255]]) == nil)
        #expect(code([8: [0]]) == counts)
        #expect(code([12: [1]]) == counts)
        #expect(code([8: [255, 255, 255, 255]]) == nil)
        #expect(code([16: [2]]) == counts)
        #expect(code([:], lengths: []) == counts)
        #expect(code([:], lengths: [46, 1]) == counts)
        #expect(code([31: [1]]) == FormatError(.reservedBytesAreZero).code)
        #expect(code([:], tail: [0]) == .trailingBytes)
        // The first entry, at 32: term, maximum, chunk, offset, postings, blocks, columns, components.
        let weight = FormatError(.weightInRange).code
        for bits: [UInt8] in [[0, 0, 0, 0], [0, 0, 0, 0xC0], [0, 0, 0xC0, 0x7F], [0, 0, 0x80, 0x7F]] {
            #expect(code([36: bits]) == weight)
        }
        #expect(code([40: [1]]) == lists)
        #expect(code([44: [4]]) == lists)
        #expect(code([44: [16]]) == lists)
        #expect(code([48: [9]]) == lists)
        #expect(code([50: [1]]) == lists)
        #expect(code([48: [0]]) == lists)
        #expect(code([52: [0]]) == lists)
        #expect(code([52: [4]]) == lists)
        #expect(code([56: [3]]) == lists)
        #expect(code([56: [0]]) == nil)
        #expect(code([60: [255]]) == lists)
        #expect(code([60: [255, 255, 255, 255]]) == lists)
        #expect(code([48: [255, 255, 255, 255]]) == lists)
        #expect(code([:], lengths: [45]) == lists)
        // The second list begins inside the first.
        #expect(code([76: [0]]) == lists)
        #expect(code([76: [8]]) == lists)
        #expect(code([64: [5, 0]]) == FormatError(.termsAscend).code)
        #expect(code([64: [4, 0]]) == FormatError(.termsAscend).code)
        // The last has no list, and so nothing of one.
        for field in [8, 12, 20, 24, 28] { #expect(code([96 + field: [1]]) == lists, "\(field)") }
        // Version 2 has a number for each term, and any number will do.
        #expect(code([:], tail: [0, 0, 255, 255, 7, 0], version: 2) == nil)
        #expect(code([:], version: 2) == .truncated)
        #expect(code([:], tail: [0, 0, 0, 0, 0], version: 2) == .truncated)
        #expect(code([:], tail: [0, 0, 0, 0, 0, 0, 0], version: 2) == .trailingBytes)
        #expect(code([0: [1, 0, 1]], version: 2) == .truncated)
        #expect(code([0: [0, 0, 16]], version: 2) == .truncated)
        #expect(code([0: [1, 0, 16]], version: 2) == .limitExceeded)
    }

    @Test func `record rules`() {
        func code(_ number: UInt32, _ bytes: UInt64, _ sources: [(UInt32, UInt32)]) -> FormatError.Code? {
            let record = BlockIndexRecord(
                number: number, bytes: bytes, sources: sources.map { .init(segment: $0.0, documents: $0.1) })
            do {
                _ = try record.sealed(in: .meta, key: Keys.blocks).withUnsafeBytes {
                    try BlockIndexRecord(sealed: $0, in: .meta, key: Keys.blocks)
                }
                return nil
            } catch { return (error as? FormatError)?.code }
        }
        let broken = FormatError(.blockSources).code
        #expect(code(9, 1 << 62 - 1, [(7, 65_535), (3, 1)]) == nil)
        #expect(code(9, 1 << 62, [(7, 3)]) == broken)
        #expect(code(9, 5, []) == broken)
        #expect(code(9, 5, [(7, 0)]) == broken)
        #expect(code(9, 5, [(7, 65_536)]) == broken)
        #expect(code(9, 5, [(7, 3), (7, 3)]) == broken)
        #expect(code(9, 5, [(9, 3)]) == broken)
        #expect(code(1 << 20, 5, (0..<65_535).map { ($0, 1) }) == nil)
        #expect(code(1 << 20, 5, (0..<65_536).map { ($0, 1) }) == .limitExceeded)
    }
}
