/// A zstd dictionary (table dictionaries; the key is its id). Ids begin at 1 and are never reused.
package struct DictionaryRecord: Record {
    package static let kind = RecordKind.dictionary

    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard (1...Limits.maximumDictionaryBytes).contains(body.remaining) else {
            throw FormatError(.limitExceeded, "the dictionary has \(body.remaining) bytes")
        }
        bytes = Array(body.rest())
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(bytes)
    }
}
