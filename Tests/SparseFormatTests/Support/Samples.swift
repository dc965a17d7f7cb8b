@testable import SparseFormat

/// Samples of every kind of value.
enum Samples {
    static let dictionary = ZstdDictionary(id: 3, bytes: Array("the quick brown fox jumps over the lazy dog".utf8))

    static func all(_ random: inout SeededGenerator) throws -> [Sample] {
        try records(&random) + documents(&random) + segments(&random) + windows(&random) + tags(&random)
            + multivectors(&random) + blocks(&random) + columns(&random) + [planes(&random)]
    }

    static func records(_ random: inout SeededGenerator) throws -> [Sample] {
        let text = random.text(bytes: 17)
        let term = TermID(truncatingIfNeeded: random.number())
        return [
            Sample("store", Arbitrary.store(&random), .meta, Keys.store),
            Sample("manifest", Arbitrary.manifest(&random), .meta, Keys.manifest),
            Sample("bookmark", BookmarkRecord(bytes: random.bytes(20)), .meta, Keys.bookmark(text)),
            Sample("identifier", IdentifierRecord(number: random.number()), .ids, Keys.identifier(text)),
            Sample("termID", TermIDRecord(id: term), .vocabulary, Keys.termID(text)),
            Sample("termName", TermNameRecord(name: text), .vocabulary, Keys.termName(term)),
            Sample("statisticsPage", Arbitrary.page(&random), .statistics, Keys.statisticsPage(term)),
            Sample("statisticsDelta", Arbitrary.delta(&random), .statistics, Keys.statisticsDelta(random.number())),
            Sample("tombstonePage", Arbitrary.tombstones(&random), .tombstones, Keys.tombstones(term, 2)),
            Sample("tuning", Arbitrary.tuning(&random, byClass: false), .meta, Keys.tuning),
            Sample("tuning by class", Arbitrary.tuning(&random, byClass: true), .meta, Keys.tuning),
            Sample(
                "tuning with cold times", Arbitrary.tuning(&random, byClass: true, isCold: true), .meta, Keys.tuning),
            Sample(
                "tuning of one class with cold times", Arbitrary.tuning(&random, byClass: false, isCold: true), .meta,
                Keys.tuning),
            Sample("multivectorSettings", Arbitrary.multivectorSettings(&random), .meta, Keys.multivectorSettings),
            Sample("multivectorCodec", Arbitrary.codebook(&random), .meta, Keys.codebook(term)),
            Sample("retired", RetiredRecord(segments: [7, 3, 5]), .meta, Keys.retired),
            Sample(
                "encoder",
                EncoderRecord(
                    name: "bm25:english", fingerprint: random.number(), parameters: text,
                    bm25: BM25Parameters(k1: 0.9, b: 0.4), length: 12_345), .meta, Keys.encoder),
            Sample("claim", Arbitrary.claim(&random), .meta, Keys.merge),
            Sample("dictionary", DictionaryRecord(bytes: random.bytes(50)), .dictionaries, Keys.dictionary(7)),
        ]
    }

    static func documents(_ random: inout SeededGenerator) throws -> [Sample] {
        let text = Array(String(repeating: "the quick brown fox jumps over the lazy dog ", count: 9).utf8)
        let few = Arbitrary.vector(&random, count: 9, below: 300)
        let wide = Arbitrary.vector(&random, count: 7, below: .max)
        let many = Arbitrary.vector(&random, count: 40, below: 60)
        return [
            try document("document, small", few, [], nil, .off, &random),
            try document("document, tags and raw payload", few, ["b", "a", "\u{E9}"], [1, 2, 3], .off, &random),
            try document("document, wide terms", wide, ["t"], [], .off, &random),
            try document("document, zstd payload", few, ["x"], text, .fast, &random),
            try document("document, dictionary", many, [], text, .fast, &random, dictionary),
        ]
    }

    static func segments(_ random: inout SeededGenerator) throws -> [Sample] {
        let text = Array(String(repeating: "0123456789", count: 20).utf8)
        let first = random.number() >> 8
        let numbers = (0..<20).map { first + UInt64($0 * 3) }
        let key = Keys.segment(5, part: 3, index: 0)
        let list = Value.seal(kind: .segmentDocuments, version: 1, table: .segments, key: key) {
            SegmentDocuments.encode(numbers, into: &$0)
        }
        let ordinals = (0..<UInt16(40)).shuffled(using: &random)
        let orderKey = Keys.segment(5, part: 7, index: 0)
        let order = Value.seal(kind: .segmentOrder, version: 1, table: .segments, key: orderKey) {
            SegmentOrder.encode(ordinals, into: &$0)
        }
        return [
            Sample("segmentOrder", .segments, orderKey, order, isCanonical: true, recode: recodeOrder),
            chunk("chunk, raw", .raw, text, text.count),
            Sample("segmentDocuments", .segments, key, list, isCanonical: false, recode: recodeDocuments),
        ]
    }

    static func document(
        _ name: String, _ vector: SparseVector, _ tags: [String], _ payload: [UInt8]?,
        _ compression: DocumentCompression, _ random: inout SeededGenerator, _ dictionary: ZstdDictionary? = nil
    ) throws -> Sample {
        let key = Keys.document(random.number())
        let value = try DocumentEncoder(compression, dictionary: dictionary)
            .encode(id: random.text(bytes: 12), vector: vector, tags: tags, payload: payload, key: key)
        return Sample(
            name, .documents, key, value, isCanonical: compression == .off, recode: recodeDocument)
    }

    /// All of a document, encoded again without compression.
    static func recodeDocument(_ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8]) throws -> [UInt8]
    {
        // A document's view knows its table; bytes in another table are tried as what they claim to be.
        _ = try Value.open(bytes, kind: .document, table: table, key: key)
        let number = try key.withUnsafeBytes { try Keys.documentNumber($0) }
        let view = try DocumentView(bytes, number: number)
        let decoder = DocumentDecoder { $0 == dictionary.id ? dictionary : nil }
        let table = [Float](repeating: 1, count: 64)
        let score = try table.withUnsafeBufferPointer { table in
            try table.baseAddress.map { try view.score($0, termLimit: 64) } ?? 0
        }
        try view.check(decoder)
        let vector = try view.vector()
        var sum: Float = 0
        for (term, weight) in zip(vector.terms, vector.weights) where term < 64 { sum += weight }
        guard score == sum else { throw FormatDocument.Malformed(what: "score \(score) in place of \(sum)") }
        return try DocumentEncoder(.off).encode(
            id: try view.identifier, vector: vector, tags: try view.tags(), attributes: try view.attributes(),
            payload: try view.payload(decoder), key: key)
    }

    private static func recodeDocuments(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8]
    ) throws -> [UInt8] {
        let body = try Value.open(bytes, kind: .segmentDocuments, table: table, key: key)
        let view = try SegmentDocuments(body: body.bytes)
        for ordinal in 0..<view.count where view.ordinal(of: view[ordinal]) != ordinal {
            throw FormatDocument.Malformed(what: "ordinal \(ordinal)")
        }
        return Value.seal(
            kind: .segmentDocuments, version: body.version, flags: body.flags, table: table, key: key
        ) { SegmentDocuments.encode((0..<view.count).map { view[$0] }, into: &$0) }
    }

    private static func recodeOrder(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8]
    ) throws -> [UInt8] {
        let body = try Value.open(bytes, kind: .segmentOrder, table: table, key: key)
        let view = try SegmentOrder(body: body.bytes)
        return Value.seal(
            kind: .segmentOrder, version: body.version, flags: body.flags, table: table, key: key
        ) { SegmentOrder.encode((0..<view.count).map { UInt16(view[$0]) }, into: &$0) }
    }

    private static func chunk(_ name: String, _ codec: SegmentCodec, _ data: [UInt8], _ length: Int) -> Sample {
        let stored = body { SegmentChunkHeader(codec: codec, originalLength: UInt32(length)).encode(into: &$0) } + data
        return Sample(name, .segments, chunkKey, sealed(stored), isCanonical: codec == .raw) { bytes, table, key in
            try recode(bytes, table, key) { try SegmentChunkHeader(body: $0).rawData(body: $0) }
        }
    }

    /// Lists of each encoding in planes, with the directory that says where they are.
    private static func planes(_ random: inout SeededGenerator) throws -> Sample {
        let lists = PlanesSample(&random)
        let chunk = try lists.stored()
        guard chunk.header.codec == .planes else { throw FormatDocument.Malformed(what: "not worth planes") }
        let stored = body { chunk.header.encode(into: &$0) } + chunk.bytes
        return Sample("chunk, planes", .segments, chunkKey, sealed(stored), isCanonical: false) { bytes, table, key in
            try recode(bytes, table, key) { try lists.data(body: $0) }
        }
    }

    private static let chunkKey = Keys.segment(5, part: 2, index: 1)

    private static func body(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }

    private static func sealed(_ body: [UInt8]) -> [UInt8] {
        Value.seal(kind: .segmentChunk, version: 1, table: .segments, key: chunkKey) { $0.append(body) }
    }

    /// The chunk with its data raw.
    private static func recode(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8],
        _ data: (UnsafeRawBufferPointer) throws -> [UInt8]
    ) throws -> [UInt8] {
        let body = try Value.open(bytes, kind: .segmentChunk, table: table, key: key)
        let data = try data(body.bytes)
        return Value.seal(
            kind: .segmentChunk, version: body.version, flags: body.flags, table: table, key: key
        ) {
            SegmentChunkHeader(codec: .raw, originalLength: UInt32(data.count)).encode(into: &$0)
            $0.append(data)
        }
    }

    static func frame(_ bytes: [UInt8]) throws -> [UInt8] {
        let frame = bytes.withUnsafeBytes { ZstdCompressor().compress($0, limit: bytes.count) }
        guard let frame else { throw FormatDocument.Malformed(what: "not compressible") }
        return frame
    }
}
