internal import SparseFormat

/// Where one page of an answer ends: given back with the same question, it asks for the page that follows.
///
/// A cursor is opaque and has no state in the store: it can be kept, sent to a client as text, and used after the store
/// was closed and opened again. It belongs to one store and one question; with another of either it is refused.
///
///     let first = try store.search(query, options: SearchOptions(limit: 10))
///     let second = try store.search(query, options: SearchOptions(limit: 10, after: first.cursor))
public struct Cursor: Sendable, Hashable {
    /// The kind of answer that a cursor goes on with.
    enum Kind: UInt8, Sendable {
        case search = 1
        case list = 2
    }

    private let kind: Kind
    private let store: StoreUUID
    /// A hash of everything about the question that decides the order and the members of the answer.
    private let question: UInt64
    /// Where the page ends, as the maker of the cursor writes it.
    private let position: [UInt8]

    private static let version: UInt8 = 1
    private static let seed: UInt64 = 0x4355_5253_4F52

    init(_ kind: Kind, store: StoreUUID, question: UInt64, position: [UInt8]) {
        self.kind = kind
        self.store = store
        self.question = question
        self.position = position
    }

    /// Where the page ended.
    ///
    /// - Throws: `invalidCursor` for a cursor of another kind of answer, another store or another question.
    func position(of kind: Kind, store: StoreUUID, question: UInt64) throws(SparseStoreError) -> [UInt8] {
        guard kind == self.kind else {
            throw Self.refused("it comes from \(self.kind == .search ? "a search" : "a list") and cannot be used here")
        }
        guard store == self.store else { throw Self.refused("it belongs to another store") }
        guard question == self.question else {
            throw Self.refused("it belongs to another question; give it with what was asked when it was made")
        }
        return position
    }

    /// The error for a cursor whose position cannot be read.
    static let unreadable = refused("its position cannot be read")

    private static func refused(_ why: String) -> SparseStoreError {
        SparseStoreError(.invalidCursor, "the cursor is refused: \(why); or ask for the first page, without a cursor")
    }
}

extension Cursor: LosslessStringConvertible {
    /// The cursor as text: hexadecimal digits, at most some thousand of them. Equal cursors have equal texts.
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

    /// Reads a cursor from its text; nil when the text is not one, for instance because it was cut off.
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

    /// Reads a cursor from its text.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidCursor`` when the text is not a cursor, for instance because it was cut
    ///   off.
    public init(parsing text: String) throws(SparseStoreError) {
        guard let cursor = Cursor(text) else {
            throw Self.refused("the text is not a cursor of this version, or a part of it is missing")
        }
        self = cursor
    }
}

extension Cursor: Codable {
    /// Reads a cursor from a single string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let cursor = Cursor(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The string is not a cursor.")
        }
        self = cursor
    }

    /// Writes the cursor as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
