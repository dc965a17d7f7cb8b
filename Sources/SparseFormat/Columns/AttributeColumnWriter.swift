/// Lays out one attribute of a segment's documents as a column (`AttributeColumn`).
package struct AttributeColumnWriter {
    private let name: [UInt8]
    private let documents: Int
    private var values: [(ordinal: Int, value: AttributeValue)] = []
    private var type: AttributeType?

    /// - Parameter documents: The number of documents of the segment.
    package init(name: [UInt8], documents: Int) {
        self.name = name
        self.documents = documents
    }

    /// Adds the value of a document. Ordinals must ascend.
    ///
    /// - Throws: `columnValues` if the type of the value does not match the type of the others.
    package mutating func append(_ value: AttributeValue, ordinal: Int) throws(FormatError) {
        guard let joined = type.map({ $0.joined(with: value.type) }) ?? value.type else {
            throw FormatError(.columnValues, "a \(value.type) in a column of type \(type.map { "\($0)" } ?? "")")
        }
        type = joined
        values.append((ordinal, value))
    }

    /// Returns the body; nil if no document has a value.
    package func body() -> [UInt8]? {
        guard let type else { return nil }
        let presence = AttributeColumn.Presence.form(present: values.count, documents: documents)
        let strings = type.isText ? self.strings() : []
        let positions =
            type.isText
            ? Dictionary(uniqueKeysWithValues: strings.enumerated().map { ($1, UInt64($0)) }) : [:]
        // The keys of the elements of each value, ascending and without repeats.
        let keys = values.map { self.keys($0.value, type, positions) }
        let scale = type.isText ? (base: 0, unit: 1) : Self.scale(keys)
        let (base, unit) = (scale.base, scale.unit)
        let entries = presence == .ordinals ? values.count : documents
        var codes: [UInt64] = []
        var isValue: [Bool] = []
        var ends: [UInt32] = []
        var next = 0
        for entry in 0..<entries {
            let isThere = presence == .ordinals || (next < values.count && values[next].ordinal == entry)
            if isThere {
                for key in keys[next] { codes.append((key - base) / unit) }
                isValue += repeatElement(true, count: keys[next].count)
                next += 1
            } else if !type.isList {
                codes.append(0)
                isValue.append(false)
            }
            ends.append(UInt32(codes.count))
        }
        return encode(
            type, presence: presence, strings: strings, codes: codes, isValue: isValue, ends: type.isList ? ends : [],
            base: base, unit: unit)
    }

    private func encode(
        _ type: AttributeType, presence: AttributeColumn.Presence, strings: [[UInt8]], codes: [UInt64],
        isValue: [Bool], ends: [UInt32], base: UInt64, unit: UInt64
    ) -> [UInt8] {
        let width = PackedCodes.width(for: codes.max() ?? 0)
        var writer = ByteWriter(reserving: AttributeColumn.headerSize + codes.count * width / 8 + documents / 8 + 256)
        writer.u32(UInt32(documents))
        writer.u8(type.rawValue)
        writer.u8(presence.rawValue)
        writer.u8(UInt8(width))
        writer.zeros(1)
        writer.u32(UInt32(values.count))
        writer.u32(UInt32(codes.count))
        writer.u64(base)
        writer.u64(unit)
        writer.u32(UInt32(strings.count))
        writer.u32(UInt32(strings.reduce(0) { $0 + $1.count }))
        writer.u16(UInt16(name.count))
        writer.zeros(6)
        writer.append(name)
        writer.align(to: 8)
        switch presence {
        case .all: break
        case .bitmap:
            var bitmap = [UInt8](repeating: 0, count: (documents + 7) / 8)
            for (ordinal, _) in values { bitmap[ordinal >> 3] |= 1 << UInt8(ordinal & 7) }
            writer.append(bitmap)
        case .ordinals: for (ordinal, _) in values { writer.u16(UInt16(truncatingIfNeeded: ordinal)) }
        }
        writer.align(to: 8)
        for end in ends { writer.u32(end) }
        writer.align(to: 8)
        for first in stride(from: 0, to: codes.count, by: PackedCodes.zoneSize) {
            var (least, largest) = (UInt64.max, UInt64(0))
            for index in first..<min(first + PackedCodes.zoneSize, codes.count) where isValue[index] {
                least = min(least, codes[index])
                largest = max(largest, codes[index])
            }
            writer.u64(least)
            writer.u64(largest)
        }
        PackedCodes.append(codes, width: width, to: &writer)
        writer.align(to: 8)
        var end = 0
        for string in strings {
            end += string.count
            writer.u32(UInt32(end))
        }
        for string in strings { writer.append(string) }
        return writer.bytes
    }

    /// The distinct strings of all values, in byte order.
    private func strings() -> [[UInt8]] {
        var distinct: Set<[UInt8]> = []
        for (_, value) in values {
            switch value {
            case .string(let string): distinct.insert(Array(string.utf8))
            case .strings(let strings): for string in strings { distinct.insert(Array(string.utf8)) }
            default: break
            }
        }
        return distinct.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func keys(_ value: AttributeValue, _ type: AttributeType, _ positions: [[UInt8]: UInt64]) -> [UInt64] {
        switch value {
        case .string(let string): positions[Array(string.utf8)].map { [$0] } ?? []
        case .strings(let strings): Set(strings.compactMap { positions[Array($0.utf8)] }).sorted()
        case .integers(let integers): Set(integers.map(AttributeKey.integer)).sorted()
        default: AttributeKey.of(value, in: type).map { [$0] } ?? []
        }
    }

    /// Returns the smallest key and the greatest common divisor of the distances of the others from it; 1 if there are
    /// none.
    private static func scale(_ keys: [[UInt64]]) -> (base: UInt64, unit: UInt64) {
        var base = UInt64.max
        for own in keys { for key in own { base = min(base, key) } }
        var unit: UInt64 = 0
        for own in keys {
            for key in own where unit != 1 {
                var (a, b) = (unit, key - base)
                while b != 0 { (a, b) = (b, a % b) }
                unit = a
            }
        }
        return (base, max(1, unit))
    }
}
