import Testing

@testable import SparseFormat

/// FORMAT.md says what the code does, and what an independent program wrote can be read.
@Suite struct FormatDocumentTests {
    private func example(_ name: String, _ table: TableNumber, _ key: [UInt8]) throws -> [UInt8] {
        let found = try #require(try FormatDocument.examples().first { $0.name == name })
        #expect(found.table == table.name)
        #expect(found.key == key)
        return found.value
    }

    private func check<R: Record>(_ name: String, _ record: R, _ table: TableNumber, _ key: [UInt8]) throws {
        let value = try example(name, table, key)
        #expect(try value.withUnsafeBytes { try R(sealed: $0, in: table, key: key) } == record)
        #expect(record.sealed(in: table, key: key) == value)
    }

    @Test func store() throws {
        let uuid = StoreUUID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF)
        #expect(uuid.description == "00112233-4455-4677-8899-aabbccddeeff")
        try check("store", StoreRecord(pageSize: 4096, createdAt: 1_767_225_600, uuid: uuid), .meta, Keys.store)
    }

    @Test func manifest() throws {
        let manifest = ManifestRecord(
            generation: 42, nextDocument: 9, documents: 5, nonzeros: 600, termSpace: .strings, nextTerm: 321,
            nextSegment: 4, nextDictionary: 2, currentDictionary: 1, firstStatisticsDelta: 3, nextStatisticsDelta: 5,
            bytesWritten: 8192, bytesMerged: 4096,
            segments: [
                SegmentEntry(
                    id: 3, kind: .window, tier: 2, documents: 4, tombstones: 1, firstDocument: 0, lastDocument: 5,
                    nonzeros: 480, bytes: 4096),
                SegmentEntry(
                    id: 1, kind: .window, documents: 2, firstDocument: 7, lastDocument: 8, nonzeros: 120, bytes: 2048),
            ])
        try check("manifest", manifest, .meta, Keys.manifest)
    }

    @Test func smallRecords() throws {
        try check("bookmark", BookmarkRecord(bytes: Array("offset=17".utf8)), .meta, Keys.bookmark("kafka"))
        try check("identifier", IdentifierRecord(number: 7), .ids, Keys.identifier("doc-1"))
        try check("termID", TermIDRecord(id: 17), .vocabulary, Keys.termID("swift"))
        try check("termName", TermNameRecord(name: "swift"), .vocabulary, Keys.termName(17))
        let dictionary = DictionaryRecord(bytes: Array("sparse vectors".utf8))
        try check("dictionary", dictionary, .dictionaries, Keys.dictionary(1))
    }

    @Test func pagesAndDeltas() throws {
        var page = StatisticsPage.empty
        page.frequencies[0] = 3
        page.frequencies[17] = 258
        try check("statisticsPage", page, .statistics, Keys.statisticsPage(0))
        let delta = StatisticsDelta(terms: [5, 17, 317], changes: [1, -2, 64])
        try check("statisticsDelta", delta, .statistics, Keys.statisticsDelta(3))
        var tombstones = TombstonePage.empty
        tombstones.insert(1)
        tombstones.insert(8191)
        try check("tombstonePage", tombstones, .tombstones, Keys.tombstones(3, 0))
    }

    @Test func document() throws {
        let key = Keys.document(7)
        let value = try example("document", .documents, key)
        let vector = try SparseVector([(3, 0.5), (17, 1.25), (317, 2)])
        try value.withUnsafeBytes { bytes in
            let view = try DocumentView(bytes, number: 7)
            let decoder = DocumentDecoder()
            #expect(try view.identifier == "doc-1")
            #expect(try view.vector(decoder) == vector)
            #expect(try view.tags() == ["blog", "swift"])
            #expect(try view.payload(decoder) == Array("{}".utf8))
        }
        let encoded = try DocumentEncoder()
            .encode(id: "doc-1", vector: vector, tags: ["swift", "blog"], payload: Array("{}".utf8), key: key)
        #expect(encoded == value)
    }

    @Test func segmentParts() throws {
        let key = Keys.segment(3, part: 3, index: 0)
        let documents = try example("segmentDocuments", .segments, key)
        try documents.withUnsafeBytes { bytes in
            let view = try SegmentDocuments(
                body: try Value.open(bytes, kind: .segmentDocuments, table: .segments, key: key).bytes)
            #expect((0..<view.count).map { view[$0] } == [100, 101, 107])
        }
        let chunkKey = Keys.segment(3, part: 2, index: 0)
        let chunk = try example("segmentChunk", .segments, chunkKey)
        try chunk.withUnsafeBytes { bytes in
            let body = try Value.open(bytes, kind: .segmentChunk, table: .segments, key: chunkKey).bytes
            let header = try SegmentChunkHeader(body: body)
            #expect(header == SegmentChunkHeader(codec: .raw, originalLength: 5))
            #expect(try header.data(body: body, ZstdDecompressor()) == Array("chunk".utf8))
        }
    }

    @Test func documentsOfAnotherWriter() throws {
        let lines = try FormatDocument.vectors("documents.txt")
        #expect(lines.count == 24)
        for line in lines {
            let key = try FormatDocument.bytes(hex: line[0])
            let value = try FormatDocument.bytes(hex: line[1])
            let recoded = try value.withUnsafeBytes { try Samples.recodeDocument($0, .documents, key) }
            #expect(recoded == value, "document \(line[0])")
        }
    }

    @Test func listsAreComplete() throws {
        let text = try FormatDocument.text()
        for invariant in Invariant.allCases {
            #expect(text.contains("| I\(invariant.rawValue) | \(invariant.rule) |"), "I\(invariant.rawValue)")
        }
        for table in TableNumber.allCases {
            #expect(text.contains("| \(table.rawValue) | `\(table.name)` |"), "table \(table)")
        }
        for kind in RecordKind.allCases {
            #expect(text.contains("| \(kind.rawValue) | \(kind) |"), "kind \(kind)")
        }
        #expect(text.allSatisfy { $0.isASCII })
    }
}
