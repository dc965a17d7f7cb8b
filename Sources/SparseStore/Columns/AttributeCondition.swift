internal import SparseFormat

/// A condition on an attribute's value, for columns of any type.
enum AttributeCondition: Sendable {
    /// The attribute has a value.
    case exists
    /// The value, or one element of a list, lies in one of the ranges.
    case within([AttributeRange])

    /// Adds the documents, or rows, of a column that fulfill the condition.
    func insert(_ column: AttributeColumn, into bitmap: inout Bitmap) {
        switch self {
        case .exists: column.matchPresent { bitmap.insert(word: $0, bits: $1) }
        case .within(let ranges):
            let intervals = Self.joined(ranges.compactMap { $0.codes(in: column) })
            guard intervals.count > Self.scannedOneByOne else {
                return column.match(intervals) { bitmap.insert(word: $0, bits: $1) }
            }
            // Many values: each document's codes are looked up among them.
            column.forEachEntry { ordinal, codes in
                if codes.contains(where: { Self.contains(intervals, column.codes[$0]) }) { bitmap.insert(ordinal) }
            }
        }
    }

    /// The maximum number of intervals that are scanned for one after the other.
    private static let scannedOneByOne = 8

    /// Joins overlapping intervals and returns them in ascending order.
    private static func joined(_ intervals: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        var joined: [ClosedRange<UInt64>] = []
        for interval in intervals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound == .max || interval.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, interval.upperBound)
            } else {
                joined.append(interval)
            }
        }
        return joined
    }

    private static func contains(_ intervals: [ClosedRange<UInt64>], _ code: UInt64) -> Bool {
        var (low, high) = (0, intervals.count)
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < code { low = middle + 1 } else { high = middle }
        }
        return low < intervals.count && intervals[low].lowerBound <= code
    }
}

/// A range of values in the order of their type.
struct AttributeRange: Sendable {
    /// An end of the range.
    struct Bound: Sendable {
        var value: AttributeValue
        var isIncluded: Bool
    }

    /// The lower end; nil if unbounded.
    var lower: Bound?
    /// The upper end; nil if unbounded.
    var upper: Bound?

    /// Returns the codes of a column whose values lie in the range; nil if there are none or the ends have another
    /// type.
    func codes(in column: AttributeColumn) -> ClosedRange<UInt64>? {
        if column.type.isText { return positions(in: column) }
        guard let low = lowest(column.type), let high = highest(column.type), low <= high else { return nil }
        return column.codes(in: low...high)
    }

    private func positions(in column: AttributeColumn) -> ClosedRange<UInt64>? {
        func rank(_ bound: Bound, after isAfter: Bool) -> Int? {
            guard case .string(let string) = bound.value else { return nil }
            let bytes = Array(string.utf8)
            let rank = column.lowerBound(of: bytes)
            let isThere = rank < column.stringCount && column.stringBytes(rank).elementsEqual(bytes)
            return isThere && isAfter ? rank + 1 : rank
        }
        var (low, high) = (0, column.stringCount)
        if let lower {
            guard let rank = rank(lower, after: !lower.isIncluded) else { return nil }
            low = rank
        }
        if let upper {
            guard let rank = rank(upper, after: upper.isIncluded) else { return nil }
            high = rank
        }
        return low < high ? UInt64(low)...UInt64(high - 1) : nil
    }

    /// Returns the least key in the range; nil if there is none.
    private func lowest(_ type: AttributeType) -> UInt64? {
        guard let lower else { return 0 }
        switch (type, lower.value) {
        case (.integer, .number(let value)), (.integers, .number(let value)):
            guard value >= -0x1p63 else { return 0 }
            let whole = value.rounded(.up)
            guard let integer = Int64(exactly: whole) else { return nil }
            return whole == value && !lower.isIncluded
                ? next(AttributeKey.integer(integer)) : AttributeKey.integer(integer)
        case (.number, .integer(let value)):
            let nearest = Double(value)
            // The nearest double of a large integer may lie on either side of it.
            if Self.isBelow(nearest, value) { return next(AttributeKey.number(nearest)) }
            let isSame = Int64(exactly: nearest) == value
            return isSame && !lower.isIncluded ? next(AttributeKey.number(nearest)) : AttributeKey.number(nearest)
        default:
            guard let key = AttributeKey.of(lower.value, in: type == .integers ? .integer : type) else { return nil }
            return lower.isIncluded ? key : next(key)
        }
    }

    /// Returns the largest key in the range; nil if there is none.
    private func highest(_ type: AttributeType) -> UInt64? {
        guard let upper else { return .max }
        switch (type, upper.value) {
        case (.integer, .number(let value)), (.integers, .number(let value)):
            guard value < 0x1p63 else { return .max }
            let whole = value.rounded(.down)
            guard let integer = Int64(exactly: whole) else { return nil }
            return whole == value && !upper.isIncluded
                ? previous(AttributeKey.integer(integer)) : AttributeKey.integer(integer)
        case (.number, .integer(let value)):
            let nearest = Double(value)
            if Self.isBelow(nearest, value) { return AttributeKey.number(nearest) }
            let isSame = Int64(exactly: nearest) == value
            return isSame && upper.isIncluded ? AttributeKey.number(nearest) : previous(AttributeKey.number(nearest))
        default:
            guard let key = AttributeKey.of(upper.value, in: type == .integers ? .integer : type) else { return nil }
            return upper.isIncluded ? key : previous(key)
        }
    }

    private func next(_ key: UInt64) -> UInt64? { key == .max ? nil : key + 1 }
    private func previous(_ key: UInt64) -> UInt64? { key == 0 ? nil : key - 1 }

    /// Returns whether a double that is nearest to an integer is less than the integer.
    private static func isBelow(_ nearest: Double, _ value: Int64) -> Bool {
        Int64(exactly: nearest).map { $0 < value } ?? false
    }
}
