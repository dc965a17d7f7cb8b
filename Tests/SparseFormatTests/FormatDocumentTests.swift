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

    @Test func `store`() throws {
        let uuid = StoreUUID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF)
        #expect(uuid.description == "00112233-4455-4677-8899-aabbccddeeff")
        try check("store", StoreRecord(pageSize: 4096, createdAt: 1_767_225_600, uuid: uuid), .meta, Keys.store)
    }

    @Test func `manifest`() throws {
        let manifest = ManifestRecord(
            generation: 42, nextDocument: 9, documents: 5, nonzeros: 600, termSpace: .strings, profile: .compact,
            nextTerm: 321,
            nextSegment: 4, nextDictionary: 2, currentDictionary: 1, firstStatisticsDelta: 3, nextStatisticsDelta: 5,
            bytesWritten: 8192, bytesMerged: 4096,
            segments: [
                SegmentEntry(
                    id: 3, isCompact: true, documents: 4, tombstones: 1, firstDocument: 0,
                    lastDocument: 5,
                    nonzeros: 480, bytes: 4096, changes: 2, changedAt: 41),
                SegmentEntry(
                    id: 1, documents: 2, firstDocument: 7, lastDocument: 8, nonzeros: 120, bytes: 2048),
            ])
        try check("manifest", manifest, .meta, Keys.manifest)
    }

    @Test func `tuning`() throws {
        let tuning = TuningRecord(
            generation: 42, documents: 5, queries: 100,
            points: [
                TuningRecord.Point(limit: 10, effort: 16, recall: 0.75, time: 2048, scored: 64),
                TuningRecord.Point(limit: 10, effort: 255, recall: 1, time: 4096, scored: 128),
            ])
        try check("tuning", tuning, .meta, Keys.tuning)
    }

    @Test func `tuning by class`() throws {
        let tuning = TuningRecord(
            generation: 42, documents: 5, queries: 100, bounds: [10, 20],
            points: [
                TuningRecord.Point(limit: 10, effort: 16, recall: 0.75, time: 2048, scored: 64),
                TuningRecord.Point(limit: 10, effort: 255, recall: 1, time: 4096, scored: 128),
                TuningRecord.Point(limit: 10, queryClass: 2, effort: 16, recall: 0.5, time: 8192, scored: 32),
            ])
        try check("tuningByClass", tuning, .meta, Keys.tuning)
    }

    @Test func `tuning with cold times`() throws {
        let tuning = TuningRecord(
            generation: 42, documents: 5, queries: 100, bounds: [10, 20],
            points: [
                TuningRecord.Point(limit: 10, effort: 16, recall: 0.75, time: 2048, scored: 64),
                TuningRecord.Point(limit: 10, effort: 255, recall: 1, time: 4096, scored: 128),
            ],
            coldTimes: [
                TuningRecord.ColdTime(effort: 16, time: 16_384), TuningRecord.ColdTime(effort: 255, time: 32_768),
            ])
        try check("tuningWithColdTimes", tuning, .meta, Keys.tuning)
    }

    @Test func `claims`() throws {
        let claim = ClaimRecord(owner: 0x0123_4567_89AB_CDEF, steps: 6, process: 4321, sources: [3, 1], staged: [4])
        try check("claim", claim, .meta, Keys.merge)
        try check("retired", RetiredRecord(segments: [2, 0]), .meta, Keys.retired)
    }

    @Test func `encoder`() throws {
        let encoder = EncoderRecord(
            name: "bm25:english", fingerprint: 0x0123_4567_89AB_CDEF, parameters: "stems",
            bm25: BM25Parameters(k1: 1.5, b: 0.75), length: 1_234)
        try check("encoder", encoder, .meta, Keys.encoder)
    }

    @Test func `small records`() throws {
        try check("bookmark", BookmarkRecord(bytes: Array("offset=17".utf8)), .meta, Keys.bookmark("kafka"))
        try check("identifier", IdentifierRecord(number: 7), .ids, Keys.identifier("doc-1"))
        try check("termID", TermIDRecord(id: 17), .vocabulary, Keys.termID("swift"))
        try check("termName", TermNameRecord(name: "swift"), .vocabulary, Keys.termName(17))
        let dictionary = DictionaryRecord(bytes: Array("sparse vectors".utf8))
        try check("dictionary", dictionary, .dictionaries, Keys.dictionary(1))
    }

    @Test func `pages and deltas`() throws {
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

    @Test func `document`() throws {
        let key = Keys.document(7)
        let value = try example("document", .documents, key)
        let vector = try SparseVector([(3, 0.5), (17, 0.1), (317, 2)])
        let attributes: [String: AttributeValue] = [
            "lang": "de", "open": true, "price": 12.5, "topics": .strings(["b", "a"]), "year": 2024,
        ]
        try value.withUnsafeBytes { bytes in
            let view = try DocumentView(bytes, number: 7)
            let decoder = DocumentDecoder()
            #expect(try view.identifier == "doc-1")
            #expect(try view.vector() == vector)
            #expect(try view.tags() == ["blog", "swift"])
            #expect(try view.attributes() == attributes)
            #expect(try view.payload(decoder) == Array("{}".utf8))
        }
        let encoded = try DocumentEncoder()
            .encode(
                id: "doc-1", vector: vector, tags: ["swift", "blog"], attributes: attributes, payload: Array("{}".utf8),
                key: key)
        #expect(encoded == value)
    }

    @Test func `attributes`() throws {
        var schema = AttributeSchemaRecord()
        schema.set(Array("year".utf8), .integer)
        schema.set(Array("lang".utf8), .string)
        try check("attributeSchema", schema, .meta, Keys.attributes)
        var years = AttributeColumnWriter(name: Array("year".utf8), documents: 4)
        for (ordinal, year) in [(0, 2024), (2, 2020), (3, 2036)] {
            try years.append(.integer(Int64(year)), ordinal: ordinal)
        }
        #expect(try columnBody("segmentColumn", index: 0) == years.body())
        var topics = AttributeColumnWriter(name: Array("topics".utf8), documents: 20)
        try topics.append(.strings(["cc", "a"]), ordinal: 3)
        try topics.append(.strings(["b"]), ordinal: 17)
        #expect(try columnBody("segmentColumnStrings", index: 1) == topics.body())
    }

    private func columnBody(_ name: String, index: UInt32) throws -> [UInt8] {
        let key = Keys.segment(3, part: 12, index: index)
        let value = try example(name, .segments, key)
        return try value.withUnsafeBytes { bytes in
            let body = try Value.open(bytes, kind: .segmentColumn, table: .segments, key: key).bytes
            _ = try AttributeColumn(body: body)
            return Array(body)
        }
    }

    @Test func `document of halves`() throws {
        let key = Keys.document(8)
        let value = try example("documentHalf", .documents, key)
        let vector = try SparseVector([(3, 0.5), (17, 1.25), (317, 0x1p-24)])
        let read = try value.withUnsafeBytes { try DocumentView($0, number: 8).vector() }
        #expect(read == vector)
        #expect(try DocumentEncoder().encode(id: "doc-2", vector: vector, key: key) == value)
    }

    @Test func `document without a vector`() throws {
        let key = Keys.document(9)
        let value = try example("documentEmpty", .documents, key)
        let view = try value.withUnsafeBytes { try DocumentView($0, number: 9).vector() }
        #expect(view == .empty)
        #expect(try DocumentEncoder().encode(id: "doc-3", vector: .empty, tags: ["draft"], key: key) == value)
    }

    @Test func `multivectors`() throws {
        let settings = MultivectorSettings(
            dimension: 3, encoding: .init(.pq32, codebook: 1), nextCodebook: 2, tokens: 400, bytes: 1_760,
            documentsByEncoding: [.init(.f16): 1, .init(.pq32, codebook: 1): 4])
        try check("multivectorSettings", settings, .meta, Keys.multivectorSettings)
        var codewords = [Float](repeating: 0, count: 256 * 4)
        codewords.replaceSubrange(4..<8, with: [0, 0, 0.25, 0])
        codewords.replaceSubrange(1_020..<1_024, with: [1, 0, 0.25, 0])
        let codebook = TokenCodebook(dimension: 3, centroids: [0.5, -1, 0, 2, 0, -1], codewords: codewords)
        try check("multivectorCodec", codebook, .meta, Keys.codebook(1))
        let multivector = try Multivector([[0.5, -1, 0.25], [3, 0, -0.75]])
        let examples = [
            ("multivector", MultivectorEncoder(.f16), Float(0)), ("multivectorInt8", MultivectorEncoder(.int8), 0.012),
            ("multivectorPQ32", MultivectorEncoder(codebook, number: 1), 0),
        ]
        for (name, encoder, error) in examples {
            let value = try example(name, .multivectors, Keys.multivector(7))
            #expect(encoder.encode(multivector, number: 7) == value)
            let decoded = try value.withUnsafeBytes { try MultivectorView($0, number: 7).multivector(codebook) }
            for (a, b) in zip(decoded.components, multivector.components) { #expect(abs(a - b) <= error, "\(name)") }
        }
    }

    @Test func `segment parts`() throws {
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
            #expect(try header.rawData(body: body) == Array("chunk".utf8))
        }
    }

    @Test func `documents of another writer`() throws {
        let lines = try FormatDocument.vectors("documents.txt")
        #expect(lines.count == 24)
        for line in lines {
            let key = try FormatDocument.bytes(hex: line[0])
            let value = try FormatDocument.bytes(hex: line[1])
            let recoded = try value.withUnsafeBytes { try Samples.recodeDocument($0, .documents, key) }
            #expect(recoded == value, "document \(line[0])")
        }
    }

    @Test func `lists are complete`() throws {
        let text = try FormatDocument.text()
        func says(_ row: String) {
            let isThere = text.contains(row)
            #expect(isThere, "\(row)")
        }
        for invariant in Invariant.allCases {
            says("| I\(invariant.rawValue) | \(invariant.rule) |")
        }
        for table in TableNumber.allCases {
            says("| \(table.rawValue) | `\(table.name)` |")
        }
        for kind in RecordKind.allCases {
            says("| \(kind.rawValue) | \(kind) |")
        }
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        #expect(isASCII)
    }

    @Test func `limits are complete`() throws {
        let text = try FormatDocument.text()
        func grouped(_ number: Int) -> String {
            let digits = String(number)
            return String(
                digits.enumerated().reversed().reduce(into: "") { text, digit in
                    if !text.isEmpty, (digits.count - 1 - digit.offset) % 3 == 0 { text.append(",") }
                    text.append(digit.element)
                }.reversed())
        }
        let limits = [
            ("terms of a vector | 1 to", Limits.maximumTermsPerVector),
            ("external identifier | 1 to", Limits.maximumIdentifierBytes),
            ("term's name | 1 to", Limits.maximumTermBytes),
            ("payload |", Limits.maximumPayloadBytes),
            ("tags of a document |", Limits.maximumTagsPerDocument),
            ("tag | 1 to", Limits.maximumTagBytes),
            ("attributes of a document |", Limits.maximumAttributesPerDocument),
            ("attribute's name | 1 to", Limits.maximumAttributeNameBytes),
            ("string of an attribute |", Limits.maximumAttributeStringBytes),
            ("elements of an attribute's list |", Limits.maximumAttributeListCount),
            ("attributes of a document, as stored |", Limits.maximumAttributeBytes),
            ("names of attributes in a store |", Limits.maximumAttributeNames),
            ("tokens of a multivector |", Limits.maximumTokensPerMultivector),
            ("dimension of a multivector |", Limits.maximumDimension),
            ("tokens of a query |", Limits.maximumQueryTokens),
            ("terms of a query |", Limits.maximumQueryTerms),
            ("results of a query |", Limits.maximumResults),
            ("bookmark |", Limits.maximumBookmarkBytes),
            ("bookmark's name | 1 to", Limits.maximumBookmarkNameBytes),
            ("segments |", Limits.maximumSegments),
            ("documents of a window segment |", Limits.maximumDocumentsPerWindow),
            ("terms of a block index |", Limits.maximumBlockTerms),
            ("dictionary |", Limits.maximumDictionaryBytes),
            ("data of a segment chunk |", Limits.maximumChunkBytes),
            ("encodings of multivectors |", Limits.maximumMultivectorEncodings),
            ("changes of a statistics delta |", Limits.maximumDeltaEntries),
            ("points of a tuning |", TuningRecord.maximumPoints),
            ("bounds of a tuning |", TuningRecord.maximumBounds),
            ("cold times of a tuning |", TuningRecord.maximumColdTimes),
        ]
        for (name, limit) in limits {
            let row = "| \(name) \(grouped(limit))"
            let isThere = text.contains(row + " |") || text.contains(row + " bytes |")
            #expect(isThere, "\(row)")
        }
    }

    @Test func `every record has an example`() throws {
        let examples = Set(try FormatDocument.examples().map(\.name))
        for kind in RecordKind.allCases {
            #expect(examples.contains("\(kind)"), "\(kind)")
        }
    }
}
