/// The number of the live document with an identifier (table ids; the key is the identifier in UTF-8).
package struct IdentifierRecord: Record {
    package static let kind = RecordKind.identifier

    package var number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        number = try body.u64()
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(number)
    }
}
