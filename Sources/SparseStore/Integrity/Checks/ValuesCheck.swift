internal import LMDB
internal import SparseFormat

/// Checks every value of every table by itself: its key, its checksum, its kind, and its content.
enum ValuesCheck {
    static func run(_ verification: Verification) throws {
        let dictionaries = verification.reader.dictionaries
        let decoder = DocumentDecoder { try? dictionaries.dictionary($0) }
        for table in TableNumber.allCases {
            try verification.forEach(table) { entry in
                _ = try verification.attempt(in: table, at: entry.key) { try check(entry, of: table, decoder) }
                return true
            }
        }
    }

    private static func check(_ entry: LMDBCursor.Entry, of table: TableNumber, _ decoder: DocumentDecoder) throws {
        switch table {
        case .meta: try checkMeta(entry)
        case .ids:
            _ = try Keys.parseIdentifier(entry.key)
            try check(entry, IdentifierRecord.self, table)
        case .documents:
            try DocumentView(entry.value, number: Keys.documentNumber(entry.key)).check(decoder)
        case .vocabulary:
            switch try Keys.parseVocabulary(entry.key) {
            case .term: try check(entry, TermIDRecord.self, table)
            case .name: try check(entry, TermNameRecord.self, table)
            }
        case .statistics:
            switch try Keys.parseStatistics(entry.key) {
            case .page: try check(entry, StatisticsPage.self, table)
            case .delta: try check(entry, StatisticsDelta.self, table)
            }
        case .segments: try checkPart(entry)
        case .tombstones:
            _ = try Keys.parseTombstones(entry.key)
            try check(entry, TombstonePage.self, table)
        case .dictionaries:
            _ = try Keys.parseDictionary(entry.key)
            try check(entry, DictionaryRecord.self, table)
        case .changes:
            _ = try Keys.parseTombstones(entry.key)
            try check(entry, TombstonePage.self, table)
        case .multivectors:
            _ = try MultivectorView(entry.value, number: Keys.multivectorNumber(entry.key))
        }
    }

    private static func check<R: Record>(_ entry: LMDBCursor.Entry, _ type: R.Type, _ table: TableNumber) throws {
        _ = try R(sealed: entry.value, in: table, key: entry.key)
    }

    private static func checkMeta(_ entry: LMDBCursor.Entry) throws {
        switch Array(entry.key) {
        case Keys.store: try check(entry, StoreRecord.self, .meta)
        case Keys.manifest: try check(entry, ManifestRecord.self, .meta)
        case Keys.tuning: try check(entry, TuningRecord.self, .meta)
        case Keys.merge, Keys.encoding: try check(entry, ClaimRecord.self, .meta)
        case Keys.retired: try check(entry, RetiredRecord.self, .meta)
        case Keys.attributes: try check(entry, AttributeSchemaRecord.self, .meta)
        case Keys.blocks: try check(entry, BlockIndexRecord.self, .meta)
        case Keys.encoder: try check(entry, EncoderRecord.self, .meta)
        case Keys.multivectorSettings: try check(entry, MultivectorSettings.self, .meta)
        case let key where key.starts(with: Keys.codebookPrefix):
            _ = try Keys.parseCodebook(entry.key)
            try check(entry, TokenCodebook.self, .meta)
        default:
            _ = try Keys.parseBookmark(entry.key)
            try check(entry, BookmarkRecord.self, .meta)
        }
    }

    /// Checks a part of a segment. `SegmentsCheck` and `BlocksCheck` compare directories and forward parts with their
    /// chunks.
    private static func checkPart(_ entry: LMDBCursor.Entry) throws {
        let key = try Keys.parseSegment(entry.key)
        guard let part = SegmentTable.Part(rawValue: key.part) else {
            throw FormatError(.keyShape, "segments have no part \(key.part)")
        }
        // The segment entries tell which segments may have planes; `SegmentsCheck` checks it.
        let bytes = try SegmentBytes(
            entry.value, kind: part.kind, key: key, mayBePlanes: part == .chunk)
        try bytes.verify()
        switch part {
        case .documents: _ = try SegmentDocuments(body: bytes.body)
        case .tags: _ = try TagTable(body: bytes.body)
        case .order: _ = try SegmentOrder(body: bytes.body)
        case .column: _ = try AttributeColumn(body: bytes.body)
        case .directory, .forward, .chunk, .forwardChunk: break
        case .blockDirectory, .blockLists, .blockPlaces, .blockLines: break
        }
    }
}

/// The positions of the exact vectors of a window, with the checks that apply to live and removed documents alike
/// (I114): the vectors are in the order of ordinals, none crosses the end of a chunk, positions ascend and refer to
/// terms, and weights are valid.
struct RecordPlaces {
    private let window: WindowSegment

    init(_ window: WindowSegment) { self.window = window }

    func check(_ verification: Verification) throws {
        guard !window.isCompact else { return }
        let prefix = Keys.segmentPrefix(window.id)
        let full = window.forwardChunkBytes
        var next = 0
        for ordinal in 0..<window.documentCount {
            let end: Int? = try verification.attempt(in: .segments, at: prefix) {
                let record = try window.record(at: ordinal)
                let size = ForwardTable.recordSize(
                    components: record.count, identifier: try record.identifier().utf8.count,
                    isWide: window.isWide)
                let room = full - next % full
                let expected = size <= room ? next : next + room
                let place = try window.location(of: ordinal)
                if place != expected || !hasSoundComponents(record) {
                    verification.broken(
                        .vectors, in: .segments, at: prefix,
                        "the exact vector at ordinal \(ordinal) of segment \(window.id) is not a valid vector")
                }
                return (place + size + 3) & ~3
            }
            // The damage was reported, and what follows cannot be interpreted.
            guard let end else { return }
            next = end
        }
        let chunks = (next + full - 1) / full
        if chunks != window.forwardChunkCount {
            verification.broken(
                .segmentParts, in: .segments, at: prefix,
                "segment \(window.id) has \(window.forwardChunkCount) chunks of exact vectors, "
                    + "but the vectors fill \(chunks)"
            )
        }
    }

    private func hasSoundComponents(_ record: ForwardRecord) -> Bool {
        var last = -1
        for index in 0..<record.count {
            let position = record.position(index)
            guard position > last, position < window.directory.count, Limits.weights.contains(record.weight(index))
            else {
                return false
            }
            last = position
        }
        return true
    }
}
