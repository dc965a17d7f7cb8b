public import SparseFormat

/// A value of an attribute and the number of documents that have it.
public struct Facet: Sendable, Hashable {
    /// The value. For an attribute whose values are lists, an element.
    public let value: AttributeValue
    /// The number of documents with the value.
    public let count: Int

    /// Creates a facet.
    public init(value: AttributeValue, count: Int) {
        self.value = value
        self.count = count
    }
}

/// Counts the values of an attribute across segments.
struct FacetCounter {
    private let type: AttributeType
    /// The counts by key, for values that are not strings.
    private var counts: [UInt64: Int] = [:]
    private var textCounts: [[UInt8]: Int] = [:]

    /// - Parameter type: The type of the attribute in the store's schema.
    init(_ type: AttributeType) { self.type = type }

    /// Counts the values of some documents of a segment.
    mutating func add(_ member: MemberColumn, _ documents: Bitmap) {
        if let column = member.column {
            var own = documents
            if let changed = member.changed { for ordinal in changed.ordinals { own.remove(ordinal) } }
            add(column, own)
        }
        if let changed = member.changed, let column = member.changedColumn {
            var rows = Bitmap(count: changed.ordinals.count)
            for (row, ordinal) in changed.ordinals.enumerated() where documents.contains(ordinal) { rows.insert(row) }
            add(column, rows)
        }
    }

    private mutating func add(_ column: AttributeColumn, _ documents: Bitmap) {
        // A count for each code where codes are few, and a dictionary where they may be many; strings are looked up
        // once for each code.
        if column.codes.width <= 16 {
            for (code, count) in column.counts(ofDocumentsIn: documents.words).enumerated() where count > 0 {
                take(UInt64(code), Int(count), column)
            }
            return
        }
        guard column.type.isText else {
            documents.forEach { ordinal in
                for index in column.codeRange(of: ordinal) ?? 0..<0 { take(column.codes[index], 1, column) }
            }
            return
        }
        var counts: [UInt64: Int] = [:]
        documents.forEach { ordinal in
            for index in column.codeRange(of: ordinal) ?? 0..<0 { counts[column.codes[index], default: 0] += 1 }
        }
        for (code, count) in counts { take(code, count, column) }
    }

    private mutating func take(_ code: UInt64, _ count: Int, _ column: AttributeColumn) {
        if column.type.isText {
            textCounts[Array(column.stringBytes(Int(code))), default: 0] += count
        } else {
            counts[column.key(ofCode: code, as: type), default: 0] += count
        }
    }

    /// Returns the most frequent values first; equally frequent ones are ordered by value.
    func most(_ limit: Int) -> [Facet] {
        if type.isText {
            return Self.most(limit, of: textCounts) { $0.lexicographicallyPrecedes($1) }
                .map { Facet(value: .string(String(decoding: $0.key, as: UTF8.self)), count: $0.value) }
        }
        return Self.most(limit, of: counts, <).map { Facet(value: AttributeKey.value($0.key, type), count: $0.value) }
    }

    private static func most<Key>(
        _ limit: Int, of counts: [Key: Int], _ precedes: @escaping (Key, Key) -> Bool
    ) -> [(key: Key, value: Int)] {
        var first = FirstElements<(key: Key, value: Int)>(count: limit) { a, b in
            a.value != b.value ? a.value > b.value : precedes(a.key, b.key)
        }
        for count in counts { first.take(count) }
        return first.sorted()
    }
}
