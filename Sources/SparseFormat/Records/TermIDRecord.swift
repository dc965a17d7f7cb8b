/// The id of a term (table vocabulary, key 0x01 and the name of the term in UTF-8).
package struct TermIDRecord: Record {
    package static let kind = RecordKind.termID

    package var id: TermID

    package init(id: TermID) {
        self.id = id
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        id = try body.u32()
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(id)
    }
}
