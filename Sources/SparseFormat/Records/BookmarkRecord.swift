/// Bytes that the caller stores together with the documents (table meta, key `bookmark:NAME`).
package struct BookmarkRecord: Record {
    package static let kind = RecordKind.bookmark

    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard body.remaining <= Limits.maximumBookmarkBytes else {
            throw FormatError(.limitExceeded, "the bookmark has \(body.remaining) bytes")
        }
        bytes = Array(body.rest())
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(bytes)
    }
}
