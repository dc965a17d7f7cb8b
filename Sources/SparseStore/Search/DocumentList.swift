internal import SparseFormat

/// One page of a list of documents, and the start of the next page.
public struct DocumentPage: Sendable {
    /// The documents in the order of the list, without their token vectors.
    public let documents: [Document]
    /// The cursor for the next page; nil on the last page.
    public var cursor: Cursor? { hasMore ? cursor(behind: documents.count) : nil }

    /// The position of each document in the list.
    let positions: [[UInt8]]
    let hasMore: Bool
    let store: StoreUUID
    /// A hash of the filter and the order.
    let question: UInt64

    /// Returns the cursor behind the first documents of the page; nil if `count` is 0.
    func cursor(behind count: Int) -> Cursor? {
        count == 0 ? nil : Cursor(.list, store: store, question: question, position: positions[count - 1])
    }
}

/// The order of a list of documents.
public struct ListOrder: Sendable, Hashable {
    /// The attribute to order by; nil for the order in which the documents were written.
    public var attribute: String?
    /// Whether the largest value, or the newest document, comes first.
    public var isDescending: Bool

    /// Creates an order. Documents without the attribute come last in both directions. Among equal values, older
    /// documents come first.
    public init(by attribute: String? = nil, isDescending: Bool = false) {
        self.attribute = attribute
        self.isDescending = isDescending
    }
}

/// The order of a list and the positions of documents in it.
struct DocumentList {
    /// A document with its sort key.
    struct Entry {
        let number: UInt64
        /// The sort key of a value that is not a string. Keys ascend as the values do.
        let key: UInt64?
        let text: [UInt8]?

        var hasValue: Bool { key != nil || text != nil }
    }

    let order: ListOrder
    /// The type of the attribute to order by; nil for the order of writing.
    let type: AttributeType?

    /// - Parameter column: The column of the attribute to order by.
    func entry(_ number: UInt64, at ordinal: Int, _ column: MemberColumn?) -> Entry {
        guard let type, let (column, codes) = column?.codes(of: ordinal) else {
            return Entry(number: number, key: nil, text: nil)
        }
        let code = column.codes[codes.lowerBound]
        return column.type.isText
            ? Entry(number: number, key: nil, text: Array(column.stringBytes(Int(code))))
            : Entry(number: number, key: column.key(ofCode: code, as: type), text: nil)
    }

    /// Returns whether one document comes before another.
    func precedes(_ a: Entry, _ b: Entry) -> Bool {
        guard type != nil else { return order.isDescending ? a.number > b.number : a.number < b.number }
        guard a.hasValue, b.hasValue else { return a.hasValue == b.hasValue ? a.number < b.number : a.hasValue }
        if let one = a.key, let other = b.key, one != other { return order.isDescending ? one > other : one < other }
        if let one = a.text, let other = b.text, one != other {
            return order.isDescending ? other.lexicographicallyPrecedes(one) : one.lexicographicallyPrecedes(other)
        }
        return a.number < b.number
    }

    /// Encodes an entry as the position in a cursor.
    func position(_ entry: Entry) -> [UInt8] {
        var writer = ByteWriter()
        writer.u64(entry.number)
        writer.u8(entry.key != nil ? 1 : entry.text != nil ? 2 : 0)
        if let key = entry.key { writer.u64(key) }
        writer.append(entry.text ?? [])
        return writer.bytes
    }

    /// Decodes the entry from the position in a cursor.
    func entry(_ position: [UInt8]) throws -> Entry {
        try position.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let number = try? reader.u64(), let form = try? reader.u8(), form <= 2 else {
                throw Cursor.unreadable
            }
            guard form == 1 else {
                let text = Array(reader.rest())
                guard form == 2 || text.isEmpty else { throw Cursor.unreadable }
                return Entry(number: number, key: nil, text: form == 2 ? text : nil)
            }
            guard let key = try? reader.u64(), reader.remaining == 0 else { throw Cursor.unreadable }
            return Entry(number: number, key: key, text: nil)
        }
    }

    /// Returns a hash of the filter and the order.
    static func question(_ filter: Filter?, _ order: ListOrder) -> UInt64 {
        var writer = ByteWriter()
        filter?.encode(into: &writer)
        writer.u8(order.isDescending ? 1 : 0)
        writer.append((order.attribute ?? "").utf8)
        return XXH64.hash(writer.bytes, seed: 0)
    }
}
