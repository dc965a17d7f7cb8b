import Testing

@testable import SparseFormat

/// What single records promise beyond round trips.
@Suite struct RecordTests {
    private func code<R: Record>(_ type: R.Type, _ body: [UInt8]) -> FormatError.Code? {
        let value = Value.seal(kind: R.kind, version: R.version, table: .meta, key: [1]) { $0.append(body) }
        do {
            _ = try value.withUnsafeBytes { try R(sealed: $0, in: .meta, key: [1]) }
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    private func invariant(_ invariant: Invariant) -> FormatError.Code {
        .invariant(invariant.rawValue, invariant.rule)
    }

    @Test func `stores of other versions are refused`() throws {
        var store = StoreRecord(pageSize: 4096, createdAt: 0, uuid: .random())
        try store.checkOpenable(readOnly: false)
        store.formatMinor = 9
        store.compatibleFeatures = .max
        try store.checkOpenable(readOnly: false)
        store.readOnlyCompatibleFeatures = 4
        try store.checkOpenable(readOnly: true)
        #expect(refusal(store, readOnly: false)?.code == .unknownFlags)
        store.incompatibleFeatures = 1 << 63
        #expect(refusal(store, readOnly: true)?.code == .unknownFlags)
        #expect(refusal(store, readOnly: true)?.table == .meta)
        for major: UInt16 in [0, 2, .max] {
            store.formatMajor = major
            #expect(refusal(store, readOnly: true)?.code == .unsupportedVersion)
            #expect(refusal(store, readOnly: true)?.description.contains("newer version") == true)
        }
    }

    private func refusal(_ store: StoreRecord, readOnly: Bool) -> FormatError? {
        do throws(FormatError) {
            try store.checkOpenable(readOnly: readOnly)
            return nil
        } catch {
            return error
        }
    }

    @Test func `store rules`() {
        var writer = ByteWriter()
        StoreRecord(pageSize: 4096, createdAt: 0, uuid: .random()).encodeBody(into: &writer)
        let body = writer.bytes
        #expect(code(StoreRecord.self, body) == nil)
        #expect(code(StoreRecord.self, Array("SPARSESU".utf8) + body[8...]) == invariant(.storeMagic))
        for size: [UInt8] in [[0, 0, 0, 0], [0, 1, 0, 0], [1, 16, 0, 0], [0, 0, 2, 0], [255, 255, 255, 255]] {
            #expect(code(StoreRecord.self, Array(body[..<36] + size + body[40...])) == invariant(.pageSize))
        }
    }

    @Test func `random UUI ds are of version4`() {
        let uuids = (0..<100).map { _ in StoreUUID.random() }
        #expect(Set(uuids).count == 100)
        for uuid in uuids {
            let text = Array(uuid.description)
            #expect(text.count == 36 && text[14] == "4" && "89ab".contains(text[19]))
        }
    }

    @Test func `limits from both sides`() {
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 97, count: count) }
        #expect(code(BookmarkRecord.self, []) == nil)
        #expect(code(BookmarkRecord.self, bytes(65_536)) == nil)
        #expect(code(BookmarkRecord.self, bytes(65_537)) == .limitExceeded)
        #expect(code(TermNameRecord.self, []) == invariant(.textLength))
        #expect(code(TermNameRecord.self, bytes(400)) == nil)
        #expect(code(TermNameRecord.self, bytes(401)) == invariant(.textLength))
        #expect(code(DictionaryRecord.self, []) == .limitExceeded)
        #expect(code(DictionaryRecord.self, bytes(1 << 20)) == nil)
        #expect(code(DictionaryRecord.self, bytes(1 << 20 + 1)) == .limitExceeded)
        #expect(code(TombstonePage.self, bytes(1023)) == invariant(.fixedBodyLength))
        #expect(code(TombstonePage.self, bytes(1025)) == invariant(.fixedBodyLength))
        #expect(code(StatisticsPage.self, bytes(4063)) == invariant(.fixedBodyLength))
        #expect(code(StatisticsPage.self, bytes(4065)) == invariant(.fixedBodyLength))
    }

    @Test func `term names are bytes`() {
        #expect(code(TermNameRecord.self, [0xFF]) == .badUTF8)
        #expect(code(TermNameRecord.self, [0xED, 0xA0, 0x80]) == .badUTF8)
        #expect(TermNameRecord(name: "\u{E9}") != TermNameRecord(name: "e\u{301}"))
    }

    @Test func `statistics page fills ALMDB page`() {
        let value = StatisticsPage.empty.sealed(in: .statistics, key: Keys.statisticsPage(0))
        #expect(value.count + 16 == 4096)
    }

    @Test func `statistics deltas are made canonical`() {
        let delta = StatisticsDelta(terms: [9, 2, 9, 5, 2], changes: [1, 4, 2, 0, -4])
        #expect(delta.terms == [9])
        #expect(delta.changes == [3])
        #expect(StatisticsDelta(terms: [], changes: []).terms.isEmpty)
        #expect(StatisticsDelta(terms: [1, 2], changes: [5]).terms == [1])
        #expect(StatisticsDelta(terms: [1, 1], changes: [.max, .max]).changes == [-2])
    }

    @Test func `statistics delta rules`() {
        #expect(code(StatisticsDelta.self, [2, 0, 0, 0, 0, 2, 1, 2]) == nil)
        #expect(code(StatisticsDelta.self, [2, 0, 0, 0, 0, 2, 0, 2]) == invariant(.termsAscend))
        #expect(code(StatisticsDelta.self, [1, 0, 0, 0, 0, 0]) == invariant(.changesAreNotZero))
        #expect(code(StatisticsDelta.self, [255, 255, 255, 255, 0, 2]) == .limitExceeded)
        #expect(code(StatisticsDelta.self, [0, 0, 0, 1, 0, 2]) == .truncated)
        #expect(code(StatisticsDelta.self, [1, 0, 0, 1, 0, 2]) == .limitExceeded)
        let top: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 2]
        #expect(code(StatisticsDelta.self, [1, 0, 0, 0] + top) == nil)
        #expect(code(StatisticsDelta.self, [2, 0, 0, 0] + top + [1, 2]) == invariant(.termsAscend))
        #expect(code(StatisticsDelta.self, [1, 0, 0, 0, 0x85, 0, 2]) == .badVarint)
    }

    @Test func `tombstones outside the page change nothing`() {
        var page = TombstonePage.empty
        for slot in [-1, 8192, .max, .min] {
            let inserted = page.insert(slot)
            #expect(!inserted)
            #expect(!page.contains(slot))
        }
        #expect(page == .empty)
        let (first, again) = (page.insert(8191), page.insert(8191))
        #expect(first)
        #expect(!again)
        #expect(page.contains(8191) && page.count == 1 && page.bytes[1023] == 0x80)
    }

    @Test func `errors say where`() throws {
        let key = Keys.identifier(String(repeating: "k", count: 40))
        var value = IdentifierRecord(number: 1).sealed(in: .ids, key: key)
        value[20] ^= 1
        let error = #expect(throws: FormatError.self) {
            try value.withUnsafeBytes { try IdentifierRecord(sealed: $0, in: .ids, key: key) }
        }
        let message = try #require(error).description
        #expect(message.contains("checksum"))
        #expect(message.contains("table 'ids'"))
        #expect(message.contains("6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b..(40 bytes)"))
        #expect(message.contains("`verify`"))
        #expect(message.contains("backup"))
        #expect(message == error?.description)
    }
}
