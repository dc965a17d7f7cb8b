internal import SparseFormat

/// Some documents of a list, and where the next page begins.
public struct DocumentPage: Sendable {
    /// The documents, in the order of the list, without their token vectors.
    public let documents: [Document]
    /// Asks for the page that follows; nil on the last page.
    public let cursor: Cursor?
}

/// In which order a list has its documents.
public struct ListOrder: Sendable, Hashable {
    /// The attribute that decides; nil for the order in which the documents were written.
    public var attribute: String?
    /// Whether the largest value, or the newest document, comes first.
    public var isDescending: Bool

    /// Makes an order. Documents without the attribute come last in both directions; among equal ones the older comes first.
    public init(by attribute: String? = nil, isDescending: Bool = false) {
        self.attribute = attribute
        self.isDescending = isDescending
    }
}

/// The order of a list, and the places of documents in it.
struct DocumentList {
    /// A document and what decides its place.
    struct Entry {
        let number: UInt64
        /// Of values that are no strings; they ascend as the values do.
        let key: UInt64?
        let text: [UInt8]?

        var hasValue: Bool { key != nil || text != nil }
    }

    let order: ListOrder
    /// Of the attribute that decides; nil for the order of writing.
    let type: AttributeType?

    func entry(_ number: UInt64, _ value: AttributeValue?) -> Entry {
        guard let type, let value else { return Entry(number: number, key: nil, text: nil) }
        if case .string(let string) = value { return Entry(number: number, key: nil, text: Array(string.utf8)) }
        return Entry(number: number, key: AttributeKey.of(value, in: type), text: nil)
    }

    /// Whether one document stands before another.
    func precedes(_ a: Entry, _ b: Entry) -> Bool {
        guard type != nil else { return order.isDescending ? a.number > b.number : a.number < b.number }
        guard a.hasValue, b.hasValue else { return a.hasValue == b.hasValue ? a.number < b.number : a.hasValue }
        if let one = a.key, let other = b.key, one != other { return order.isDescending ? one > other : one < other }
        if let one = a.text, let other = b.text, one != other {
            return order.isDescending ? other.lexicographicallyPrecedes(one) : one.lexicographicallyPrecedes(other)
        }
        return a.number < b.number
    }

    /// What a cursor keeps of an entry.
    func position(_ entry: Entry) -> [UInt8] {
        var writer = ByteWriter()
        writer.u64(entry.number)
        writer.u8(entry.key != nil ? 1 : entry.text != nil ? 2 : 0)
        if let key = entry.key { writer.u64(key) }
        writer.append(entry.text ?? [])
        return writer.bytes
    }

    /// The entry of a cursor's position.
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

    /// A hash of what is listed, and in which order.
    static func question(_ filter: Filter?, _ order: ListOrder) -> UInt64 {
        var writer = ByteWriter()
        filter?.encode(into: &writer)
        writer.u8(order.isDescending ? 1 : 0)
        writer.append((order.attribute ?? "").utf8)
        return XXH64.hash(writer.bytes, seed: 0)
    }
}
