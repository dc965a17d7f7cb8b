import Testing

@testable import SparseFormat

@Suite struct TagTableTests {
    private var random = SeededGenerator()

    @Test mutating func `tags come back in the shorter form`() throws {
        for documents in [1, 2, 7, 8, 9, 63, 64, 65, 1000, 65_535] {
            let tags = TagLists.random(&random, documents: documents, tags: 12)
            let bodies = TagLists.bodies(tags, documents: documents)
            #expect(bodies.count == 1)
            try bodies[0].withUnsafeBytes { body in
                let table = try TagTable(body: body)
                #expect(table.documents == documents)
                #expect(TagLists.read(table) == tags, "\(documents) documents, SPARSE_SEED=\(random.seed)")
                for (index, tag) in tags.enumerated() {
                    #expect(table.find(Array(tag.name.utf8)) == index)
                    switch table.list(at: index) {
                    case .ordinals(let bytes): #expect(bytes.count < TagTable.bitmapBytes(documents: documents))
                    case .bitmap(let bytes): #expect(bytes.count <= 2 * tag.ordinals.count)
                    }
                }
                #expect(table.find([]) == nil)
                #expect(table.find([0xFF]) == nil)
                #expect(table.find(Array(tags[3].name.utf8) + [1]) == nil)
                #expect(table.begins(before: Array(tags[0].name.utf8)))
                #expect(!table.begins(before: []))
            }
        }
    }

    @Test func `many tags go into several values`() throws {
        let tags = (0..<300).map { tag in
            TagLists.Tag(
                name: "tag" + String(1000 + tag),
                ordinals: (0..<65_535).filter { $0 % 3 == tag % 3 }.map { UInt16($0) })
        }
        let bodies = TagLists.bodies(tags, documents: 65_535)
        #expect(bodies.count > 5)
        var read: [TagLists.Tag] = []
        for body in bodies {
            #expect(body.count < TagTableWriter.valueBytes + 9000)
            try body.withUnsafeBytes { read += TagLists.read(try TagTable(body: $0)) }
        }
        #expect(read == tags)
    }

    @Test func `no tags make no value`() {
        #expect(TagLists.bodies([], documents: 5).isEmpty)
    }

    /// A body of entries as given, and what its reader says.
    private func code(
        _ documents: UInt32, _ ends: [(UInt32, UInt32)], _ names: String, _ lists: [UInt8], count: UInt32? = nil
    ) -> FormatError.Code? {
        var writer = ByteWriter()
        writer.u32(documents)
        writer.u32(count ?? UInt32(ends.count))
        for (name, list) in ends {
            writer.u32(name)
            writer.u32(list)
        }
        writer.append(Array(names.utf8))
        writer.append(lists)
        do {
            _ = try writer.bytes.withUnsafeBytes { try TagTable(body: $0) }
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    private func rule(_ invariant: Invariant) -> FormatError.Code { .invariant(invariant.rawValue, invariant.rule) }

    @Test func `table rules`() {
        #expect(code(40, [(1, 2)], "a", [39, 0]) == nil)
        #expect(code(0, [(1, 1)], "a", [1]) == rule(.windowCounts))
        #expect(code(65_536, [(1, 2)], "a", [1, 0]) == rule(.windowCounts))
        #expect(code(40, [], "", []) == rule(.windowCounts))
        #expect(code(40, [(1, 2)], "a", [1, 0], count: 2) == .truncated)
        #expect(code(40, [(1, 2)], "a", [1, 0], count: .max) == .truncated)
        #expect(code(40, [(1, 2)], "a", [1]) == .truncated)
        #expect(code(40, [(1, 2)], "a", [1, 0, 0]) == .trailingBytes)
        #expect(code(40, [(.max, .max)], "a", [1, 0]) == .truncated)
    }

    @Test func `name rules`() {
        let long = String(repeating: "x", count: 200)
        #expect(code(40, [(200, 2)], long, [1, 0]) == nil)
        #expect(code(40, [(201, 2)], long + "x", [1, 0]) == rule(.textLength))
        #expect(code(40, [(1, 2), (1, 4)], "a", [1, 0, 2, 0]) == rule(.textLength))
        #expect(code(40, [(2, 2), (1, 4)], "ab", [1, 0, 2, 0]) != nil)
        #expect(code(40, [(1, 2), (2, 4)], "ab", [1, 0, 2, 0]) == nil)
        #expect(code(40, [(1, 2), (2, 4)], "ba", [1, 0, 2, 0]) == rule(.tagsAscend))
        #expect(code(40, [(1, 2), (2, 4)], "aa", [1, 0, 2, 0]) == rule(.tagsAscend))
        // A name that ends in the middle of a character.
        #expect(code(40, [(1, 2), (2, 4)], "\u{E9}", [1, 0, 2, 0]) == .badUTF8)
    }

    @Test func `list rules`() {
        #expect(code(40, [(1, 2)], "a", [40, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 1)], "a", [1]) == rule(.tagLists))
        #expect(code(40, [(1, 2), (2, 2)], "ab", [1, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 4), (2, 4)], "ab", [1, 0, 2, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 4), (2, 2)], "ab", [1, 0, 2, 0]) != nil)
        #expect(code(40, [(1, 4)], "a", [1, 0, 1, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 4)], "a", [2, 0, 1, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 6)], "a", [1, 0, 2, 0, 3, 0]) == rule(.tagLists))
        // Two documents are shorter as ordinals, three as a bitmap.
        #expect(code(40, [(1, 5)], "a", [3, 0, 0, 0, 0]) == rule(.tagLists))
        #expect(code(40, [(1, 5)], "a", [7, 0, 0, 0, 0]) == nil)
        #expect(code(39, [(1, 5)], "a", [3, 0, 0, 0, 0x40]) == nil)
        #expect(code(39, [(1, 5)], "a", [3, 0, 0, 0, 0x80]) == rule(.tagLists))
    }

    @Test func `the example of the description`() throws {
        let key = Keys.segment(3, part: 6, index: 0)
        let example = try #require(try FormatDocument.examples().first { $0.name == "segmentTags" })
        #expect(example.table == "segments")
        #expect(example.key == key)
        let tags = [
            TagLists.Tag(name: "blog", ordinals: [0, 9]), TagLists.Tag(name: "swift", ordinals: [1, 8, 39]),
        ]
        try example.value.withUnsafeBytes { bytes in
            let body = try Value.open(bytes, kind: .segmentTags, table: .segments, key: key).bytes
            #expect(TagLists.read(try TagTable(body: body)) == tags)
        }
        let body = TagLists.bodies(tags, documents: 40)[0]
        let sealed = Value.seal(kind: .segmentTags, version: 1, table: .segments, key: key) { $0.append(body) }
        #expect(sealed == example.value)
    }
}
