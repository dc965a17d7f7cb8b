/// A stored document, read in place (FORMAT.md, "Documents").
///
/// This file uses pointers: `init` checks that the sections fill the body exactly, and exposes each section as a
/// separate buffer. The view is valid as long as the underlying bytes.
package struct DocumentView {
    package let number: UInt64
    /// The checksum of the value. Two versions of a document with the same number are equal if their checksums are.
    package let checksum: UInt64
    private let header: DocumentHeader
    private let body: UnsafeRawBufferPointer

    /// Opens the value under the key of the document with this number.
    ///
    /// The vector's terms, the tags and the strings are checked when they are read; `check` reads all of them.
    package init(_ bytes: UnsafeRawBufferPointer, number: UInt64, verifyChecksum: Bool = true) throws(FormatError) {
        self.number = number
        let opened = Keys.withDocument(number) { key in
            Result { () throws(FormatError) -> Value.Body in
                try Value.open(bytes, kind: .document, table: .documents, key: key, verifyChecksum: verifyChecksum)
            }
        }
        let value = try opened.get()
        body = value.bytes
        // An opened value has a header.
        checksum = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        do throws(FormatError) {
            guard value.version == 1 else {
                throw FormatError(.unsupportedVersion, "version \(value.version), this library knows 1")
            }
            guard value.flags == 0 else { throw FormatError(.unknownFlags, "flags \(value.flags)") }
            header = try DocumentHeader(body: value.bytes)
        } catch {
            throw Self.located(error, number)
        }
    }

    /// The number of terms, 1...65,535.
    package var termCount: Int { Int(header.termCount) }

    /// Whether the weights are in half precision.
    var hasHalfVector: Bool { header.vectorEncoding == .half }

    /// The dictionary that the payload's frame needs; 0 for none.
    package var dictionary: UInt32 { header.dictionary }

    /// The length of the payload before compression; nil if there is no payload.
    package var payloadLength: Int? { header.payloadEncoding == .none ? nil : Int(header.payloadOriginalLength) }

    /// The identifier's bytes, which should be UTF-8.
    package var identifierBytes: UnsafeRawBufferPointer {
        section(DocumentHeader.size, Int(header.identifierLength))
    }

    /// The external identifier.
    package var identifier: String {
        get throws(FormatError) {
            guard let text = String(validating: identifierBytes, as: UTF8.self) else {
                throw located(FormatError(.badUTF8, "the identifier"))
            }
            return text
        }
    }

    /// The tags, in byte order.
    package func tags() throws(FormatError) -> [String] {
        guard header.tagCount > 0 else { return [] }
        do throws(FormatError) {
            return try readTags()
        } catch {
            throw located(error)
        }
    }

    /// The attributes by name.
    package func attributes() throws(FormatError) -> [String: AttributeValue] {
        guard header.attributeCount > 0 else { return [:] }
        var attributes: [String: AttributeValue] = [:]
        try forEachAttribute { attributes[String(decoding: $0, as: UTF8.self)] = $1 }
        return attributes
    }

    /// Calls `body` with the name bytes and the value of each attribute, in byte order of the names.
    package func forEachAttribute(_ body: (UnsafeRawBufferPointer, AttributeValue) -> Void) throws(FormatError) {
        do throws(FormatError) {
            try AttributeSection.forEach(attributeBytes, count: Int(header.attributeCount), body)
        } catch {
            throw located(error)
        }
    }

    /// The payload; nil if there is none.
    package func payload(_ decoder: DocumentDecoder) throws(FormatError) -> [UInt8]? {
        switch header.payloadEncoding {
        case .none: return nil
        case .raw: return Array(payloadBytes)
        case .zstd:
            do throws(FormatError) {
                return try decoder.payload(
                    payloadBytes, size: Int(header.payloadOriginalLength), dictionary: header.dictionary)
            } catch {
                throw located(error)
            }
        }
    }

    /// Reads everything. If it succeeds, no later access to this document can fail.
    package func check(_ decoder: DocumentDecoder) throws(FormatError) {
        _ = try identifier
        _ = try vector()
        _ = try tags()
        _ = try attributes()
        _ = try payload(decoder)
    }

    var vectorBytes: UnsafeRawBufferPointer {
        section(vectorStart, Int(header.vectorLength))
    }

    func located(_ error: FormatError) -> FormatError {
        Self.located(error, number)
    }

    private static func located(_ error: FormatError, _ number: UInt64) -> FormatError {
        Keys.withDocument(number) { error.at(.documents, key: $0) }
    }

    private func readTags() throws(FormatError) -> [String] {
        let start = vectorStart + Int(header.vectorLength)
        var reader = ByteReader(section(start, Int(header.tagsLength)))
        var tags: [String] = []
        tags.reserveCapacity(Int(header.tagCount))
        var previous: UnsafeRawBufferPointer?
        for _ in 0..<header.tagCount {
            let length = Int(try reader.varint32())
            guard (1...Limits.maximumTagBytes).contains(length) else {
                throw FormatError(.textLength, "a tag has \(length) bytes")
            }
            let bytes = try reader.take(length)
            guard previous.map({ $0.lexicographicallyPrecedes(bytes) }) ?? true else { throw FormatError(.tagsAscend) }
            guard let tag = String(validating: bytes, as: UTF8.self) else { throw FormatError(.badUTF8, "a tag") }
            tags.append(tag)
            previous = bytes
        }
        try reader.finish()
        return tags
    }

    private var vectorStart: Int { DocumentHeader.size + Int(header.identifierLength) }

    private var attributesStart: Int { vectorStart + Int(header.vectorLength) + Int(header.tagsLength) }

    private var attributeBytes: UnsafeRawBufferPointer { section(attributesStart, Int(header.attributesLength)) }

    private var payloadBytes: UnsafeRawBufferPointer {
        section(attributesStart + Int(header.attributesLength), Int(header.payloadLength))
    }

    /// Returns the value of the same document with other sections of tags and attributes.
    func replacing(
        tags: (count: Int, bytes: [UInt8]), attributes: (count: Int, bytes: [UInt8]), key: [UInt8]
    ) -> [UInt8] {
        var header = header
        header.tagCount = UInt16(truncatingIfNeeded: tags.count)
        header.tagsLength = UInt16(truncatingIfNeeded: tags.bytes.count)
        header.attributeCount = UInt8(truncatingIfNeeded: attributes.count)
        header.attributesLength = UInt16(truncatingIfNeeded: attributes.bytes.count)
        let size = body.count + tags.bytes.count + attributes.bytes.count
        return Value.seal(kind: .document, version: 1, table: .documents, key: key, reserving: size) { writer in
            header.encode(into: &writer)
            writer.append(identifierBytes)
            writer.append(vectorBytes)
            writer.append(tags.bytes)
            writer.append(attributes.bytes)
            writer.append(payloadBytes)
        }
    }

    /// Returns a part of the body. `init` has checked that the section lengths add up to the body's length.
    private func section(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: body[start..<(start + length)])
    }
}
