@testable import SparseFormat

extension Samples {
    /// Tables of tags: of few documents, where lists are bitmaps, and of many.
    static func tags(_ random: inout SeededGenerator) -> [Sample] {
        [1, 9, 64, 900].map { documents in
            let tags = TagLists.random(&random, documents: documents, tags: 1 + Int(random.next() % 9))
            let body = TagLists.bodies(tags, documents: documents)[0]
            let key = Keys.segment(5, part: 6, index: 0)
            let value = Value.seal(kind: .segmentTags, version: 1, table: .segments, key: key) { $0.append(body) }
            return Sample(
                "segmentTags of \(documents)", .segments, key, value, isCanonical: true, recode: recodeTags)
        }
    }

    private static func recodeTags(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8]
    ) throws -> [UInt8] {
        let opened = try Value.open(bytes, kind: .segmentTags, table: table, key: key)
        let view = try TagTable(body: opened.bytes)
        let tags = TagLists.read(view)
        for (index, tag) in tags.enumerated() where view.find(Array(tag.name.utf8)) != index {
            throw FormatDocument.Malformed(what: "tag \(index)")
        }
        let bodies = TagLists.bodies(tags, documents: view.documents)
        return Value.seal(
            kind: .segmentTags, version: opened.version, flags: opened.flags, table: table, key: key
        ) { $0.append(bodies[0]) }
    }
}
