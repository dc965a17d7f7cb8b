import Testing

@testable import SparseFormat

@Suite struct KeysTests {
    private func parse<Result>(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) -> Result? {
        key.withUnsafeBytes { try? body($0) }
    }

    @Test func `layouts`() {
        #expect(Keys.store == Array("store".utf8))
        #expect(Keys.manifest == Array("manifest".utf8))
        #expect(Keys.bookmark("x") == Array("bookmark:x".utf8))
        #expect(Keys.document(0x0102_0304_0506_0708) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(Keys.multivector(258) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(Keys.termID("ab") == [1, 97, 98])
        #expect(Keys.termName(258) == [2, 0, 0, 1, 2])
        #expect(Keys.statisticsPage(258) == [1, 0, 0, 1, 2])
        #expect(Keys.statisticsDelta(258) == [2, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(Keys.segment(258, part: 7, index: 3) == [0, 0, 1, 2, 7, 0, 0, 0, 3])
        #expect(Keys.segmentPrefix(258) == [0, 0, 1, 2])
        #expect(Keys.tombstones(258, 3) == [0, 0, 1, 2, 0, 0, 0, 3])
        #expect(Keys.dictionary(258) == [0, 0, 1, 2])
        #expect(Keys.withDocument(258) { Array($0) } == Keys.document(258))
    }

    @Test func `round trips`() {
        var random = SeededGenerator()
        for _ in 0..<300 {
            let number = random.number()
            let small = UInt32(truncatingIfNeeded: random.number())
            let text = random.text(bytes: 1 + Int(random.next() % 200))
            #expect(parse(Keys.bookmark(text), Keys.parseBookmark) == text)
            #expect(parse(Keys.identifier(text), Keys.parseIdentifier) == text)
            #expect(parse(Keys.document(number), Keys.documentNumber) == number)
            #expect(parse(Keys.multivector(number), Keys.multivectorNumber) == number)
            #expect(parse(Keys.termID(text), Keys.parseVocabulary) == .term(text))
            #expect(parse(Keys.termName(small), Keys.parseVocabulary) == .name(small))
            let folded = small % (StatisticsPage.lastPage + 1)
            #expect(parse(Keys.statisticsPage(folded), Keys.parseStatistics) == .page(folded))
            #expect(parse(Keys.statisticsPage(folded)) { Keys.statisticsPageNumber($0) } == .some(folded))
            let beyond = max(small, StatisticsPage.lastPage + 1)
            #expect(parse(Keys.statisticsPage(beyond), Keys.parseStatistics) == nil)
            #expect(parse(Keys.statisticsPage(beyond)) { Keys.statisticsPageNumber($0) } == .some(nil))
            #expect(parse(Keys.statisticsDelta(number), Keys.parseStatistics) == .delta(number))
            #expect(parse(Keys.statisticsDelta(number)) { Keys.statisticsPageNumber($0) } == .some(nil))
            let segment = parse(Keys.segment(small, part: 9, index: ~small), Keys.parseSegment)
            #expect(segment?.id == small)
            #expect(segment?.part == 9)
            #expect(segment?.index == ~small)
            let page = parse(Keys.tombstones(small, 5), Keys.parseTombstones)
            #expect(page?.segment == small)
            #expect(page?.page == 5)
            #expect(parse(Keys.dictionary(small), Keys.parseDictionary) == small)
        }
    }

    @Test func `numbers sort as numbers`() {
        var random = SeededGenerator()
        for _ in 0..<500 {
            let (one, two) = (random.number(), random.number())
            let before = Keys.document(one).lexicographicallyPrecedes(Keys.document(two))
            #expect(before == (one < two))
        }
    }

    @Test func `wrong shapes are refused`() {
        var random = SeededGenerator()
        for length in 0..<600 {
            let key = random.bytes(length)
            key.withUnsafeBytes { key in
                if length != 8 {
                    #expect(throws: FormatError(.keyShape)) { try Keys.documentNumber(key) }
                    #expect(throws: FormatError(.keyShape)) { _ = try Keys.parseTombstones(key) }
                }
                if length != 9 { #expect(throws: FormatError(.keyShape)) { try Keys.parseSegment(key) } }
                if length != 4 { #expect(throws: FormatError(.keyShape)) { try Keys.parseDictionary(key) } }
                if length == 0 || length > 500 {
                    #expect(throws: FormatError(.keyShape)) { try Keys.parseIdentifier(key) }
                }
                // Whatever these make of noise, they return.
                _ = try? Keys.parseVocabulary(key)
                _ = try? Keys.parseStatistics(key)
                _ = try? Keys.parseBookmark(key)
            }
        }
        for key: [UInt8] in [[], [0], [1], [2], [2, 0, 0, 0], [3, 1], [1] + [UInt8](repeating: 97, count: 401)] {
            #expect(parse(key, Keys.parseVocabulary) == nil)
        }
        #expect(parse([1] + [UInt8](repeating: 97, count: 400), Keys.parseVocabulary) != nil)
        #expect(parse([1, 0xFF], Keys.parseVocabulary) == nil)
        #expect(parse(Array("bookmark:".utf8), Keys.parseBookmark) == nil)
        #expect(parse(Array("bookmarks".utf8) + [97], Keys.parseBookmark) == nil)
        #expect(parse(Keys.bookmark(String(repeating: "n", count: 200)), Keys.parseBookmark) != nil)
        #expect(parse(Keys.bookmark(String(repeating: "n", count: 201)), Keys.parseBookmark) == nil)
    }
}
