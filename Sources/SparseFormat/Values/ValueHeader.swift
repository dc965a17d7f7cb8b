/// The 16 bytes before each body (FORMAT.md, "Value header").
///
///      0 u64 checksum   XXH64 of bytes 8 ..< 16 + bodyLength, seeded with the XXH64 of the key, itself seeded with
///                       the table's number: a value in a wrong place is damage
///      8 u8  kind
///      9 u8  version
///     10 u16 flags
///     12 u32 bodyLength
package struct ValueHeader: Sendable, Equatable {
    package static let size = 16

    package let checksum: UInt64
    package let kind: UInt8
    package let version: UInt8
    package let flags: UInt16
    package let bodyLength: UInt32

    package init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        guard bytes.count >= Self.size else { throw FormatError(.truncated) }
        checksum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        kind = bytes[8]
        version = bytes[9]
        flags = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
        bodyLength = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    }

    /// The seed that ties a value to its place.
    static func seed(_ table: TableNumber, key: UnsafeRawBufferPointer) -> UInt64 {
        XXH64.hash(key, seed: UInt64(table.rawValue))
    }

    /// The checksum of a whole value under its key.
    static func checksum(_ value: UnsafeRawBufferPointer, table: TableNumber, key: UnsafeRawBufferPointer) -> UInt64 {
        guard value.count > 8 else { return 0 }
        return XXH64.hash(UnsafeRawBufferPointer(rebasing: value[8...]), seed: seed(table, key: key))
    }
}
