/// Which of 8,192 neighbouring ordinals of a segment are dead (table tombstones, key segment and page).
///
/// Ordinal `o` of a page is bit `o % 8`, counted from the lowest, of byte `o / 8`.
package struct TombstonePage: Record {
    package static let kind = RecordKind.tombstonePage
    package static let size = 1024
    package static let ordinalsPerPage = 8 * size
    /// A page on which all live.
    package static let empty = TombstonePage()

    /// The bitmap, `size` bytes: change them, but not how many they are.
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

    /// How many are dead.
    package var count: Int {
        bytes.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Whether an ordinal of the page is dead; one outside the page is not.
    package func contains(_ slot: Int) -> Bool {
        guard slot >= 0, slot >> 3 < bytes.count else { return false }
        return bytes[slot >> 3] & 1 << UInt8(slot & 7) != 0
    }

    /// Marks an ordinal of the page as dead. False when it was dead already, or lies outside the page.
    @discardableResult
    package mutating func insert(_ slot: Int) -> Bool {
        guard slot >= 0, slot >> 3 < bytes.count, !contains(slot) else { return false }
        bytes[slot >> 3] |= 1 << UInt8(slot & 7)
        return true
    }
}
