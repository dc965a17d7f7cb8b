/// Sealing and opening of values: the header of FORMAT.md, "Value header", around a body.
package enum Value {
    /// An opened value. The bytes are the body's, in the memory the value was opened from.
    package struct Body {
        package let version: UInt8
        package let flags: UInt16
        package let bytes: UnsafeRawBufferPointer

        package init(version: UInt8, flags: UInt16, bytes: UnsafeRawBufferPointer) {
            self.version = version
            self.flags = flags
            self.bytes = bytes
        }
    }

    /// A value whose body the closure writes.
    package static func seal(
        kind: RecordKind, version: UInt8, flags: UInt16 = 0, table: TableNumber, key: [UInt8], reserving: Int = 0,
        body: (inout ByteWriter) -> Void
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: ValueHeader.size + reserving)
        writer.zeros(ValueHeader.size)
        body(&writer)
        key.withUnsafeBytes { key in
            _ = writer.withUnsafeMutableBytes { bytes in
                seal(inPlace: bytes, kind: kind, version: version, flags: flags, table: table, key: key)
            }
        }
        return writer.bytes
    }

    /// Writes the header of a body that is already at offset 16, for example in memory that LMDB has reserved.
    ///
    /// False, and nothing written, when the buffer is no larger than the header needs, or its body larger than
    /// the format can say.
    @discardableResult
    package static func seal(
        inPlace value: UnsafeMutableRawBufferPointer, kind: RecordKind, version: UInt8, flags: UInt16 = 0,
        table: TableNumber, key: UnsafeRawBufferPointer
    ) -> Bool {
        guard value.count >= ValueHeader.size, let length = UInt32(exactly: value.count - ValueHeader.size) else {
            return false
        }
        value[8] = kind.rawValue
        value[9] = version
        value.storeBytes(of: flags.littleEndian, toByteOffset: 10, as: UInt16.self)
        value.storeBytes(of: length.littleEndian, toByteOffset: 12, as: UInt32.self)
        let checksum = ValueHeader.checksum(UnsafeRawBufferPointer(value), table: table, key: key)
        value.storeBytes(of: checksum.littleEndian, toByteOffset: 0, as: UInt64.self)
        return true
    }

    /// The body of a value, after the checks of FORMAT.md, "Reader obligations", in that order.
    ///
    /// The version and the flags are for the caller to judge.
    package static func open(
        _ bytes: UnsafeRawBufferPointer, kind: RecordKind, table: TableNumber, key: UnsafeRawBufferPointer,
        verifyChecksum: Bool = true
    ) throws(FormatError) -> Body {
        do throws(FormatError) {
            let header = try ValueHeader(bytes)
            let length = bytes.count - ValueHeader.size
            if length < Int(header.bodyLength) { throw FormatError(.truncated) }
            if length > Int(header.bodyLength) {
                throw FormatError(.trailingBytes, "\(length - Int(header.bodyLength)) extra bytes")
            }
            if verifyChecksum, header.checksum != ValueHeader.checksum(bytes, table: table, key: key) {
                throw FormatError(.checksumMismatch)
            }
            if header.kind != kind.rawValue {
                throw FormatError(.wrongKind, "\(header.kind) instead of \(kind.rawValue)")
            }
            let body = UnsafeRawBufferPointer(rebasing: bytes[ValueHeader.size...])
            return Body(version: header.version, flags: header.flags, bytes: body)
        } catch {
            throw error.at(table, key: key)
        }
    }

    /// The same for a key in an array. The body lies in `bytes` and lives as long as they do.
    package static func open(
        _ bytes: UnsafeRawBufferPointer, kind: RecordKind, table: TableNumber, key: [UInt8], verifyChecksum: Bool = true
    ) throws(FormatError) -> Body {
        let opened = key.withUnsafeBytes { key in
            Result { () throws(FormatError) -> Body in
                try open(bytes, kind: kind, table: table, key: key, verifyChecksum: verifyChecksum)
            }
        }
        return try opened.get()
    }
}

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
