/// The name of a term (table vocabulary, key 0x02 and the id).
package struct TermNameRecord: Record {
    package static let kind = RecordKind.termName

    package var name: String

    package init(name: String) {
        self.name = name
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard (1...Limits.maximumTermBytes).contains(body.remaining) else {
            throw FormatError(.textLength, "the term has \(body.remaining) bytes")
        }
        name = try body.text(body.remaining)
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(name.utf8)
    }

    /// Names are compared as bytes, not as characters: different encodings of a character are different terms.
    package static func == (left: TermNameRecord, right: TermNameRecord) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
    }
}
