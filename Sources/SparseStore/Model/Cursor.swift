internal import SparseFormat

/// The end of one page of results. Pass it with the same request to get the next page.
///
/// A cursor is opaque and needs no state in the store. It can be kept, sent to a client as text, and used after the
/// store was closed and reopened. It is valid for one store and one request, and is refused with any other.
///
///     let first = try store.search(query, options: SearchOptions(limit: 10))
///     let second = try store.search(query, options: SearchOptions(limit: 10, after: first.cursor))
public struct Cursor: Sendable, Hashable {
    /// The kind of request that a cursor continues.
    enum Kind: UInt8, Sendable {
        case search = 1
        case list = 2
    }

    private let kind: Kind
    private let store: StoreUUID
    /// A hash of everything in the request that determines which documents the results have, and in which order.
    private let question: UInt64
    /// The position of the end of the page, in the encoding of the cursor's creator.
    private let position: [UInt8]

    private static let version: UInt8 = 1
    private static let seed: UInt64 = 0x4355_5253_4F52

    init(_ kind: Kind, store: StoreUUID, question: UInt64, position: [UInt8]) {
        self.kind = kind
        self.store = store
        self.question = question
        self.position = position
    }

    /// Returns the position of the end of the page.
    ///
    /// - Throws: `invalidCursor` for a cursor of another kind of request, another store, or another request.
    func position(of kind: Kind, store: StoreUUID, question: UInt64) throws(SparseStoreError) -> [UInt8] {
        guard kind == self.kind else {
            throw Self.refused("it comes from \(self.kind == .search ? "a search" : "a list") and cannot be used here")
        }
        guard store == self.store else { throw Self.refused("it belongs to another store") }
        guard question == self.question else {
            throw Self.refused(
                "it belongs to another query", "pass it with the query that made it, or start again without a cursor")
        }
        return position
    }

    /// The error for a cursor whose position cannot be read.
    static let unreadable = refused("its position cannot be read")

    private static func refused(
        _ why: String, _ remedy: String = "start again without a cursor"
    ) -> SparseStoreError {
        SparseStoreError(.invalidCursor, problem: "the cursor is refused, because \(why)", remedy: remedy)
    }
}

extension Cursor: LosslessStringConvertible {
    /// The cursor as text: up to a few thousand hexadecimal digits. Equal cursors have equal texts.
    public var description: String {
        var writer = ByteWriter()
        writer.u8(Self.version)
        writer.u8(kind.rawValue)
        writer.u64(store.high)
        writer.u64(store.low)
        writer.u64(question)
        writer.append(position)
        let check = XXH64.hash(writer.bytes, seed: Self.seed)
        writer.u32(UInt32(truncatingIfNeeded: check))
        return Hexadecimal.text(writer.bytes)
    }

    /// Parses the text of a cursor. Returns nil if the text is not a cursor, for example because it was truncated.
    public init?(_ description: String) {
        guard let bytes = Hexadecimal.bytes(description), bytes.count >= 30 else { return nil }
        let (body, end) = (Array(bytes.dropLast(4)), bytes.suffix(4))
        let check = UInt32(truncatingIfNeeded: XXH64.hash(body, seed: Self.seed))
        guard end.elementsEqual(withUnsafeBytes(of: check.littleEndian, Array.init)) else { return nil }
        let parsed = body.withUnsafeBytes { bytes -> Cursor? in
            var reader = ByteReader(bytes)
            guard let version = try? reader.u8(), version == Self.version, let kind = try? reader.u8(),
                let kind = Kind(rawValue: kind), let high = try? reader.u64(), let low = try? reader.u64(),
                let question = try? reader.u64()
            else { return nil }
            return Cursor(
                kind, store: StoreUUID(high: high, low: low), question: question, position: Array(reader.rest()))
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Parses the text of a cursor.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidCursor`` if the text is not a cursor, for example because it was
    ///   truncated.
    public init(parsing text: String) throws(SparseStoreError) {
        guard let cursor = Cursor(text) else {
            throw Self.refused("the text is not a cursor of this version, or a part of it is missing")
        }
        self = cursor
    }
}

extension Cursor: Codable {
    /// Decodes a cursor from a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let cursor = Cursor(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The string is not a cursor.")
        }
        self = cursor
    }

    /// Encodes the cursor as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
