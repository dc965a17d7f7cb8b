/// A value that is decoded into memory as a whole.
///
/// Whatever `init(body:flags:)` accepts, `encodeBody` writes back byte for byte: there is one encoding for each
/// value.
package protocol Record: Equatable, Sendable {
    static var kind: RecordKind { get }
    static var version: UInt8 { get }
    func encodeBody(into writer: inout ByteWriter)
    init(body: inout ByteReader, flags: UInt16) throws(FormatError)
}

extension Record {
    package static var version: UInt8 { 1 }

    /// The value to store under the key.
    package func sealed(in table: TableNumber, key: [UInt8]) -> [UInt8] {
        Value.seal(kind: Self.kind, version: Self.version, table: table, key: key) { encodeBody(into: &$0) }
    }

    /// Decodes the value that stands under the key.
    package init(sealed bytes: UnsafeRawBufferPointer, in table: TableNumber, key: UnsafeRawBufferPointer)
        throws(FormatError)
    {
        let body = try Value.open(bytes, kind: Self.kind, table: table, key: key)
        do throws(FormatError) {
            guard body.version == Self.version else {
                throw FormatError(.unsupportedVersion, "version \(body.version), this library knows \(Self.version)")
            }
            guard body.flags == 0 else { throw FormatError(.unknownFlags, "flags \(body.flags)") }
            var reader = ByteReader(body.bytes)
            self = try Self(body: &reader, flags: body.flags)
            try reader.finish()
        } catch {
            throw error.at(table, key: key)
        }
    }

    /// The same for a key in an array.
    package init(sealed bytes: UnsafeRawBufferPointer, in table: TableNumber, key: [UInt8]) throws(FormatError) {
        let decoded = key.withUnsafeBytes { key in
            Result { () throws(FormatError) -> Self in try Self(sealed: bytes, in: table, key: key) }
        }
        self = try decoded.get()
    }
}
