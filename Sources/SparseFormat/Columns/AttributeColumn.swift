/// One attribute of a segment's documents: a view of a `segmentColumn` value's body (FORMAT.md, "Columns").
///
/// This file uses pointers: `init` checks everything that FORMAT.md says about the body, in one pass, and accesses rely
/// on it. The view is valid as long as the underlying bytes.
package struct AttributeColumn: Sendable {
    /// The documents that have a value.
    package enum Presence: UInt8, Sendable {
        /// All documents have one; the entry of an ordinal is the ordinal.
        case all = 0
        /// Documents in a bitmap; the entry of an ordinal is the ordinal.
        case bitmap = 1
        /// Documents in an ascending list; the entry of an ordinal is its position in the list.
        case ordinals = 2

        /// The shortest form for the given numbers of documents.
        static func form(present: Int, documents: Int) -> Presence {
            if present == documents { return .all }
            return 8 * present < documents ? .ordinals : .bitmap
        }
    }

    package static let headerSize = 48

    /// The attribute's name in UTF-8.
    package let name: [UInt8]
    package let type: AttributeType
    /// The number of documents of the segment.
    package let documents: Int
    /// The number of documents with a value, 1 or more.
    package let present: Int
    package let presence: Presence
    /// The code of each entry, or of each element in a column of lists.
    package let codes: PackedCodes
    /// The number of distinct strings, which ascend in byte order; 0 in a column without strings.
    package let stringCount: Int
    private let base: UInt64
    private let unit: UInt64
    private let presenceBytes: Mapped<UnsafeRawBufferPointer>
    private let listEnds: Mapped<UnsafeRawBufferPointer>
    private let ranges: Mapped<UnsafeRawBufferPointer>
    private let stringEnds: Mapped<UnsafeRawBufferPointer>
    private let text: Mapped<UnsafeRawBufferPointer>

    /// - Throws: `columnShape`, `columnValues` or other format errors if the body is not valid.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        documents = Int(try reader.u32())
        let typeNumber = try reader.u8()
        guard let type = AttributeType(rawValue: typeNumber) else {
            throw FormatError(.knownEncoding, "attribute type \(typeNumber)")
        }
        let presenceNumber = try reader.u8()
        guard let presence = Presence(rawValue: presenceNumber) else {
            throw FormatError(.knownEncoding, "presence \(presenceNumber)")
        }
        (self.type, self.presence) = (type, presence)
        let width = Int(try reader.u8())
        try reader.zeros(1)
        present = Int(try reader.u32())
        let count = Int(try reader.u32())
        base = try reader.u64()
        unit = try reader.u64()
        stringCount = Int(try reader.u32())
        let textLength = Int(try reader.u32())
        let nameLength = Int(try reader.u16())
        try reader.zeros(6)
        guard (1...Limits.maximumDocumentsPerWindow).contains(documents), (1...documents).contains(present),
            presence == .form(present: present, documents: documents), PackedCodes.isWidth(width), unit >= 1,
            type.isText == (stringCount > 0), !type.isText || (base == 0 && unit == 1)
        else { throw FormatError(.columnShape, "\(present) of \(documents) documents, \(stringCount) strings") }
        let entries = presence == .ordinals ? present : documents
        guard type.isList ? count >= present : count == entries else {
            throw FormatError(.columnShape, "\(count) codes for \(entries) entries")
        }
        guard (1...Limits.maximumAttributeNameBytes).contains(nameLength) else {
            throw FormatError(.textLength, "an attribute name has \(nameLength) bytes")
        }
        let nameBytes = try reader.take(nameLength)
        _ = try UTF8Text.decode(nameBytes)
        name = Array(nameBytes)
        func align() throws(FormatError) { try reader.zeros((8 - reader.position % 8) % 8) }
        try align()
        let presenceCount =
            switch presence {
            case .all: 0
            case .bitmap: (documents + 7) / 8
            case .ordinals: 2 * present
            }
        presenceBytes = Mapped(try reader.take(presenceCount))
        try align()
        listEnds = Mapped(try reader.take(type.isList ? 4 * entries : 0))
        try align()
        let zones = (count + PackedCodes.zoneSize - 1) / PackedCodes.zoneSize
        ranges = Mapped(try reader.take(16 * zones))
        codes = try PackedCodes(reader.take(PackedCodes.byteCount(count, width: width)), count: count, width: width)
        try align()
        stringEnds = Mapped(try reader.take(4 * stringCount))
        text = Mapped(try reader.take(textLength))
        try reader.finish()
        try checkPlaces()
        try checkStrings()
        try checkCodes()
    }

    /// The positions in `codes` of an entry: one position, or several in a column of lists.
    private var entries: Int { presence == .ordinals ? present : documents }

    /// Calls `body` with the ordinal of each document that has a value, ascending, and the range of its codes.
    package func forEachEntry(_ body: (Int, Range<Int>) -> Void) {
        for entry in 0..<entries {
            switch presence {
            case .all: body(entry, codeRange(entry))
            case .bitmap: if isPresent(entry) { body(entry, codeRange(entry)) }
            case .ordinals: body(ordinal(entry), codeRange(entry))
            }
        }
    }

    /// Returns the range of the codes of a document's value; nil if it has none.
    package func codeRange(of ordinal: Int) -> Range<Int>? {
        switch presence {
        case .all: return codeRange(ordinal)
        case .bitmap: return isPresent(ordinal) ? codeRange(ordinal) : nil
        case .ordinals:
            var low = 0
            var high = present
            while low < high {
                let middle = (low + high) / 2
                if self.ordinal(middle) < ordinal { low = middle + 1 } else { high = middle }
            }
            return low < present && self.ordinal(low) == ordinal ? codeRange(low) : nil
        }
    }

    /// Counts the documents of a set for each code. In a column of lists, a document counts for each of its elements.
    ///
    /// - Parameter words: The set, as one bit for each ordinal; as many bits as documents.
    /// - Returns: The counts by code, for a column whose codes have at most 16 bits.
    package func counts(ofDocumentsIn words: [UInt64]) -> [UInt32] {
        var counts = [UInt32](repeating: 0, count: 1 << codes.width)
        counts.withUnsafeMutableBufferPointer { counts in
            if !type.isList, presence != .ordinals {
                for (index, word) in words.enumerated() where word != 0 {
                    codes.count(presence == .bitmap ? word & presenceWord(index) : word, at: 64 * index, into: counts)
                }
                return
            }
            forEachEntry { ordinal, range in
                guard words[ordinal >> 6] & 1 << UInt64(ordinal & 63) != 0 else { return }
                for index in range { counts[Int(codes[index])] += 1 }
            }
        }
        return counts
    }

    /// Returns the key of a document's value (`AttributeKey`) in a column without strings and lists; nil if it has
    /// none. Keys of the same type compare like their values, across all segments.
    package func key(of ordinal: Int) -> UInt64? { codeRange(of: ordinal).map { key(ofCode: codes[$0.lowerBound]) } }

    /// Returns the value of a document; nil if it has none. A list is ascending and has each element once.
    package func value(of ordinal: Int) -> AttributeValue? {
        guard let range = codeRange(of: ordinal) else { return nil }
        switch type {
        case .integers:
            return .integers(range.map { Int64(bitPattern: key(ofCode: codes[$0]) ^ 1 << 63) })
        case .strings: return .strings(range.map { string(ofCode: codes[$0]) })
        default: return element(ofCode: codes[range.lowerBound])
        }
    }

    /// Returns the value of a code, or the list element that it represents.
    package func element(ofCode code: UInt64) -> AttributeValue {
        type.isText ? .string(string(ofCode: code)) : AttributeKey.value(key(ofCode: code), type)
    }

    package func key(ofCode code: UInt64) -> UInt64 { base &+ code &* unit }

    /// The key of a code as a column of the schema's type has it: a column of integers may be older than the first
    /// fraction.
    package func key(ofCode code: UInt64, as schemaType: AttributeType) -> UInt64 {
        let key = key(ofCode: code)
        guard schemaType == .number, type == .integer, case .integer(let value) = AttributeKey.value(key, .integer)
        else { return key }
        return AttributeKey.number(Double(value))
    }

    /// The string of a code, below `stringCount`.
    package func string(ofCode code: UInt64) -> String { String(decoding: stringBytes(Int(code)), as: UTF8.self) }

    /// Returns the bytes of the string at a position in 0..<stringCount.
    package func stringBytes(_ position: Int) -> UnsafeRawBufferPointer {
        let begin = position == 0 ? 0 : Self.u32(stringEnds.pointer, position - 1)
        return UnsafeRawBufferPointer(rebasing: text.pointer[begin..<Self.u32(stringEnds.pointer, position)])
    }

    /// Returns the codes whose keys are in an interval; nil if there are none.
    package func codes(in keys: ClosedRange<UInt64>) -> ClosedRange<UInt64>? {
        guard keys.upperBound >= base else { return nil }
        let low = keys.lowerBound <= base ? 0 : (keys.lowerBound - base - 1) / unit + 1
        let high = (keys.upperBound - base) / unit
        return low <= high ? low...high : nil
    }

    /// Returns the position of the first string that is not before the given bytes; `stringCount` if all are.
    package func lowerBound(of bytes: [UInt8]) -> Int {
        var low = 0
        var high = stringCount
        while low < high {
            let middle = (low + high) / 2
            if stringBytes(middle).lexicographicallyPrecedes(bytes) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Returns the smallest and the largest code of a zone of `PackedCodes.zoneSize`. In a zone without values, the
    /// smallest is above the largest.
    package func bounds(ofZone zone: Int) -> (least: UInt64, largest: UInt64) {
        (Self.u64(ranges.pointer, 2 * zone), Self.u64(ranges.pointer, 2 * zone + 1))
    }

    /// Calls `body` with words of 64 documents each, by ordinal, in which some value is in one of the intervals. Words
    /// that are not reported have no such document, and a word may be reported more than once.
    ///
    /// - Parameter intervals: The intervals of codes.
    package func match(_ intervals: [ClosedRange<UInt64>], _ body: (Int, UInt64) -> Void) {
        let isDirect = !type.isList && presence != .ordinals
        for interval in intervals {
            for zone in 0..<(codes.count + PackedCodes.zoneSize - 1) / PackedCodes.zoneSize {
                let (least, largest) = bounds(ofZone: zone)
                guard least <= interval.upperBound, largest >= interval.lowerBound, least <= largest else { continue }
                let first = zone * PackedCodes.zoneSize
                let end = min(first + PackedCodes.zoneSize, codes.count)
                if isDirect {
                    let isWhole = interval.contains(least) && interval.contains(largest)
                    matchDirectly(interval, first..<end, isWhole: isWhole, body)
                } else {
                    codes.match(interval, in: first..<end) { word, bits in
                        Self.forEachBit(bits) { bit in
                            let ordinal = document(ofCodeAt: word << 6 + bit)
                            body(ordinal >> 6, 1 << UInt64(ordinal & 63))
                        }
                    }
                }
            }
        }
    }

    /// Calls `body` with the words of documents that have a value, by ordinal.
    package func matchPresent(_ body: (Int, UInt64) -> Void) {
        switch presence {
        case .all:
            for word in 0..<(documents + 63) / 64 {
                let used = documents - word << 6
                body(word, used >= 64 ? .max : 1 << UInt64(used) - 1)
            }
        case .bitmap: for word in 0..<(documents + 63) / 64 { body(word, presenceWord(word)) }
        case .ordinals:
            for entry in 0..<present { body(ordinal(entry) >> 6, 1 << UInt64(ordinal(entry) & 63)) }
        }
    }

    private func matchDirectly(
        _ interval: ClosedRange<UInt64>, _ range: Range<Int>, isWhole: Bool, _ body: (Int, UInt64) -> Void
    ) {
        func report(_ word: Int, _ bits: UInt64) {
            let kept = presence == .bitmap ? bits & presenceWord(word) : bits
            if kept != 0 { body(word, kept) }
        }
        guard isWhole else { return codes.match(interval, in: range, report) }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
            let used = range.upperBound - first
            report(first >> 6, used >= 64 ? .max : 1 << UInt64(used) - 1)
        }
    }

    /// Returns the ordinal of the document that owns the code at a position.
    private func document(ofCodeAt position: Int) -> Int {
        var entry = position
        if type.isList {
            var low = 0
            var high = entries
            while low < high {
                let middle = (low + high) / 2
                if Self.u32(listEnds.pointer, middle) <= position { low = middle + 1 } else { high = middle }
            }
            entry = low
        }
        return presence == .ordinals ? ordinal(entry) : entry
    }

    private static func forEachBit(_ bits: UInt64, _ body: (Int) -> Void) {
        var rest = bits
        while rest != 0 {
            body(rest.trailingZeroBitCount)
            rest &= rest &- 1
        }
    }

    private func codeRange(_ entry: Int) -> Range<Int> {
        guard type.isList else { return entry..<entry + 1 }
        return (entry == 0 ? 0 : Self.u32(listEnds.pointer, entry - 1))..<Self.u32(listEnds.pointer, entry)
    }

    private func isPresent(_ ordinal: Int) -> Bool {
        presenceBytes.pointer[ordinal >> 3] & 1 << UInt8(ordinal & 7) != 0
    }

    private func presenceWord(_ word: Int) -> UInt64 {
        let first = word << 3
        if first + 8 <= presenceBytes.pointer.count {
            return UInt64(littleEndian: presenceBytes.pointer.loadUnaligned(fromByteOffset: first, as: UInt64.self))
        }
        return (first..<presenceBytes.pointer.count).reduce(0) {
            $0 | UInt64(presenceBytes.pointer[$1]) << UInt64(8 * ($1 - first))
        }
    }

    private func ordinal(_ entry: Int) -> Int {
        Int(UInt16(littleEndian: presenceBytes.pointer.loadUnaligned(fromByteOffset: 2 * entry, as: UInt16.self)))
    }

    private static func u32(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    }

    private static func u64(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }

    // The checks of `init`.

    private func checkPlaces() throws(FormatError) {
        switch presence {
        case .all: break
        case .bitmap:
            let tail = documents % 8
            guard presenceBytes.pointer.reduce(0, { $0 + $1.nonzeroBitCount }) == present,
                tail == 0 || presenceBytes.pointer[presenceBytes.pointer.count - 1] >> UInt8(tail) == 0
            else { throw FormatError(.columnShape, "the bitmap does not have \(present) documents") }
        case .ordinals:
            var previous = -1
            for entry in 0..<present {
                guard ordinal(entry) > previous, ordinal(entry) < documents else {
                    throw FormatError(.columnShape, "ordinal \(ordinal(entry))")
                }
                previous = ordinal(entry)
            }
        }
        guard type.isList else { return }
        var end = 0
        for entry in 0..<entries {
            let next = Self.u32(listEnds.pointer, entry)
            // A list has at least one element, and an absent value has none.
            let isThere = presence != .bitmap || isPresent(entry)
            guard next <= codes.count, isThere ? next > end : next == end else {
                throw FormatError(.columnShape, "the list of entry \(entry)")
            }
            end = next
        }
        guard end == codes.count else {
            throw FormatError(.columnShape, "\(codes.count - end) elements belong to no list")
        }
    }

    private func checkStrings() throws(FormatError) {
        var begin = 0
        for position in 0..<stringCount {
            let end = Self.u32(stringEnds.pointer, position)
            guard end >= begin, end - begin <= Limits.maximumAttributeStringBytes, end <= text.pointer.count else {
                throw FormatError(.textLength, "string \(position) of a column")
            }
            _ = try UTF8Text.decode(stringBytes(position))
            guard position == 0 || stringBytes(position - 1).lexicographicallyPrecedes(stringBytes(position)) else {
                throw FormatError(.columnValues, "string \(position)")
            }
            begin = end
        }
        guard begin == text.pointer.count else {
            throw FormatError(.columnShape, "\(text.pointer.count - begin) bytes belong to no string")
        }
    }

    private func checkCodes() throws(FormatError) {
        var largestOfAll: UInt64 = 0
        for zone in 0..<(codes.count + PackedCodes.zoneSize - 1) / PackedCodes.zoneSize {
            let first = zone * PackedCodes.zoneSize
            let places = first..<min(first + PackedCodes.zoneSize, codes.count)
            let (least, largest) =
                type.isList || presence != .bitmap ? codes.extent(of: places) : try extentOfPresent(places)
            guard bounds(ofZone: zone) == (least, largest) else {
                throw FormatError(.columnValues, "the range of zone \(zone)")
            }
            largestOfAll = max(largestOfAll, largest)
        }
        guard codes.width == PackedCodes.width(for: largestOfAll) else {
            throw FormatError(.columnShape, "codes have \(codes.width) bits")
        }
        let limit: UInt64 = type.isText ? UInt64(stringCount - 1) : type == .boolean ? 1 - min(1, base) : .max
        let (reach, isOver) = largestOfAll.multipliedReportingOverflow(by: unit)
        guard largestOfAll <= limit, !isOver, !base.addingReportingOverflow(reach).overflow,
            type != .boolean || base + reach <= 1
        else { throw FormatError(.columnValues, "code \(largestOfAll)") }
        if type == .number { try checkNumbers(base, base + reach) }
        guard type.isList else { return }
        var begin = 0
        for entry in 0..<entries {
            let end = Self.u32(listEnds.pointer, entry)
            for index in begin..<end where index > begin && codes[index - 1] >= codes[index] {
                throw FormatError(.columnValues, "the list of entry \(entry) does not ascend")
            }
            begin = end
        }
    }

    /// Returns the extent of the codes of present values, after checking that the others are 0.
    private func extentOfPresent(_ places: Range<Int>) throws(FormatError) -> (least: UInt64, largest: UInt64) {
        var (least, largest) = (UInt64.max, UInt64(0))
        for index in places {
            let code = codes[index]
            guard isPresent(index) else {
                guard code == 0 else { throw FormatError(.columnValues, "an absent value has a code") }
                continue
            }
            least = min(least, code)
            largest = max(largest, code)
        }
        return (least, largest)
    }

    /// Keys between those of two finite numbers belong to finite numbers.
    private func checkNumbers(_ least: UInt64, _ largest: UInt64) throws(FormatError) {
        for key in [least, largest] {
            guard case .number(let value) = AttributeKey.value(key, .number), value.isFinite else {
                throw FormatError(.columnValues, "a number is not finite")
            }
        }
    }
}
