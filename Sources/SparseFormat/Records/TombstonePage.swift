/// The dead documents among 8,192 adjacent ordinals of a segment (table tombstones; the key is segment and page).
///
/// Ordinal `o` of a page is bit `o % 8`, counted from the lowest, of byte `o / 8`.
package struct TombstonePage: Record {
    package static let kind = RecordKind.tombstonePage
    package static let size = 1024
    package static let ordinalsPerPage = 8 * size
    /// A page without dead documents.
    package static let empty = TombstonePage()

    /// The bitmap, always `size` bytes.
    package var bytes: [UInt8]

    private init() {
        bytes = Array(repeating: 0, count: Self.size)
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard body.remaining == Self.size else { throw FormatError(.fixedBodyLength) }
        bytes = Array(body.rest())
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(bytes)
    }

    /// The number of dead documents.
    package var count: Int {
        bytes.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Whether an ordinal of the page is dead; false for an ordinal outside the page.
    package func contains(_ bit: Int) -> Bool {
        guard bit >= 0, bit >> 3 < bytes.count else { return false }
        return bytes[bit >> 3] & 1 << UInt8(bit & 7) != 0
    }

    /// Marks an ordinal of the page as dead. Returns false if it was dead already or is outside the page.
    @discardableResult
    package mutating func insert(_ bit: Int) -> Bool {
        guard bit >= 0, bit >> 3 < bytes.count, !contains(bit) else { return false }
        bytes[bit >> 3] |= 1 << UInt8(bit & 7)
        return true
    }
}
