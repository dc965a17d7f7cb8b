/// The keys of every table, and their parsers (FORMAT.md, "Tables"). Numbers are big-endian, so that LMDB's byte
/// order is the order of the numbers.
///
/// Builders do not look at lengths: LMDB refuses a key over 511 bytes, and the limits keep below that.
package enum Keys {
    /// The kind of value under a key of the statistics table.
    package enum Statistics: Sendable, Equatable {
        case page(UInt32)
        case delta(UInt64)
    }

    /// The kind of value under a key of the vocabulary.
    package enum Vocabulary: Sendable, Equatable {
        case term(String)
        case name(TermID)
    }

    /// The kind of value under a key of the segments table.
    package struct Segment: Sendable, Equatable {
        package let id: UInt32
        package let part: UInt8
        package let index: UInt32

        package init(id: UInt32, part: UInt8, index: UInt32) {
            self.id = id
            self.part = part
            self.index = index
        }

        package var bytes: [UInt8] { Keys.segment(id, part: part, index: index) }
    }

    /// The kind of value under a key of the tombstones table.
    package struct Tombstones: Sendable, Equatable {
        package let segment: UInt32
        package let page: UInt32
    }

    // meta

    package static let store = Array("store".utf8)
    package static let manifest = Array("manifest".utf8)
    package static let tuning = Array("tuning".utf8)
    package static let merge = Array("merge".utf8)
    package static let encoding = Array("encoding".utf8)
    package static let retired = Array("retired".utf8)
    package static let blocks = Array("blocks".utf8)
    package static let attributes = Array("attributes".utf8)
    package static let multivectorSettings = Array("multivectors".utf8)
    package static let encoder = Array("encoder".utf8)
    package static let codebookPrefix = Array("codebook:".utf8)
    package static let bookmarkPrefix = Array("bookmark:".utf8)

    package static func bookmark(_ name: String) -> [UInt8] {
        bookmarkPrefix + name.utf8
    }

    /// The bookmark's name, 1...200 bytes.
    package static func parseBookmark(_ key: UnsafeRawBufferPointer) throws(FormatError) -> String {
        guard key.starts(with: bookmarkPrefix),
            (1...Limits.maximumBookmarkNameBytes).contains(key.count - bookmarkPrefix.count)
        else { throw FormatError(.keyShape) }
        return try UTF8Text.decode(tail(key, from: bookmarkPrefix.count))
    }

    package static func codebook(_ number: UInt32) -> [UInt8] {
        codebookPrefix + bigEndian(number)
    }

    /// The codebook's number.
    package static func parseCodebook(_ key: UnsafeRawBufferPointer) throws(FormatError) -> UInt32 {
        guard key.starts(with: codebookPrefix), key.count == codebookPrefix.count + 4 else {
            throw FormatError(.keyShape)
        }
        return u32(key, codebookPrefix.count)
    }

    // ids

    package static func identifier(_ identifier: String) -> [UInt8] {
        Array(identifier.utf8)
    }

    package static func parseIdentifier(_ key: UnsafeRawBufferPointer) throws(FormatError) -> String {
        guard (1...Limits.maximumIdentifierBytes).contains(key.count) else { throw FormatError(.keyShape) }
        return try UTF8Text.decode(key)
    }

    // documents, multivectors

    package static func document(_ number: UInt64) -> [UInt8] {
        bigEndian(number)
    }

    /// The key on the stack, for lookups in loops.
    package static func withDocument<Result>(_ number: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: number.bigEndian, body)
    }

    package static func documentNumber(_ key: UnsafeRawBufferPointer) throws(FormatError) -> UInt64 {
        guard key.count == 8 else { throw FormatError(.keyShape) }
        return u64(key, 0)
    }

    package static func multivector(_ number: UInt64) -> [UInt8] {
        bigEndian(number)
    }

    package static func multivectorNumber(_ key: UnsafeRawBufferPointer) throws(FormatError) -> UInt64 {
        try documentNumber(key)
    }

    // vocabulary

    package static func termID(_ name: String) -> [UInt8] {
        [1] + name.utf8
    }

    package static func termName(_ term: TermID) -> [UInt8] {
        [2] + bigEndian(term)
    }

    package static func parseVocabulary(_ key: UnsafeRawBufferPointer) throws(FormatError) -> Vocabulary {
        switch key.first {
        case 1:
            guard (2...(1 + Limits.maximumTermBytes)).contains(key.count) else { throw FormatError(.keyShape) }
            return .term(try UTF8Text.decode(tail(key, from: 1)))
        case 2:
            guard key.count == 5 else { throw FormatError(.keyShape) }
            return .name(u32(key, 1))
        default:
            throw FormatError(.keyShape)
        }
    }

    // statistics

    package static func statisticsPage(_ page: UInt32) -> [UInt8] {
        [1] + bigEndian(page)
    }

    package static func statisticsDelta(_ sequence: UInt64) -> [UInt8] {
        [2] + bigEndian(sequence)
    }

    package static func parseStatistics(_ key: UnsafeRawBufferPointer) throws(FormatError) -> Statistics {
        switch (key.first, key.count) {
        case (1, 5):
            guard let page = statisticsPageNumber(key) else {
                throw FormatError(.keyShape, "the page number is out of range")
            }
            return .page(page)
        case (2, 9): return .delta(u64(key, 1))
        default: throw FormatError(.keyShape)
        }
    }

    /// The page's number, nil when the key is that of a delta or no key of this table.
    package static func statisticsPageNumber(_ key: UnsafeRawBufferPointer) -> UInt32? {
        guard key.count == 5, key[0] == 1, u32(key, 1) <= StatisticsPage.lastPage else { return nil }
        return u32(key, 1)
    }

    // segments

    package static func segment(_ id: UInt32, part: UInt8, index: UInt32) -> [UInt8] {
        bigEndian(id) + [part] + bigEndian(index)
    }

    /// All keys of one segment begin with these bytes.
    package static func segmentPrefix(_ id: UInt32) -> [UInt8] {
        bigEndian(id)
    }

    package static func parseSegment(_ key: UnsafeRawBufferPointer) throws(FormatError) -> Segment {
        guard key.count == 9 else { throw FormatError(.keyShape) }
        return Segment(id: u32(key, 0), part: key[4], index: u32(key, 5))
    }

    // tombstones

    package static func tombstones(_ segment: UInt32, _ page: UInt32) -> [UInt8] {
        bigEndian(segment) + bigEndian(page)
    }

    package static func parseTombstones(_ key: UnsafeRawBufferPointer) throws(FormatError) -> Tombstones {
        guard key.count == 8 else { throw FormatError(.keyShape) }
        return Tombstones(segment: u32(key, 0), page: u32(key, 4))
    }

    // dictionaries

    package static func dictionary(_ id: UInt32) -> [UInt8] {
        bigEndian(id)
    }

    package static func parseDictionary(_ key: UnsafeRawBufferPointer) throws(FormatError) -> UInt32 {
        guard key.count == 4 else { throw FormatError(.keyShape) }
        return u32(key, 0)
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func tail(_ key: UnsafeRawBufferPointer, from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: key[start...])
    }

    // The parsers above have compared the length before they read.

    private static func u32(_ key: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private static func u64(_ key: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(bigEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
