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
