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

    /// The number of terms, at most 65,535; 0 for a document without a vector.
    package var termCount: Int { Int(header.termCount) }

    /// Whether the weights are in half precision.
    private var hasHalfVector: Bool { header.vectorEncoding == .half }

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

    private var vectorBytes: UnsafeRawBufferPointer {
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

// The vector of a stored document, read in place.

extension DocumentView {
    /// The exact vector.
    package func vector() throws(FormatError) -> SparseVector {
        try withSection { section throws(FormatError) in try section.vector() }
    }

    /// Returns the inner product with a dense table of term weights.
    ///
    /// This is the definition of a score in this library: Float products summed in ascending order of the terms.
    /// - Parameters:
    ///   - weightOf: A table of `termLimit` weights.
    ///   - termLimit: Terms from this one on are ignored.
    package func score(_ weightOf: UnsafePointer<Float>, termLimit: UInt32) throws(FormatError) -> Float {
        try withSection { section throws(FormatError) in
            try section.score(weightOf, termLimit: termLimit)
        }
    }

    /// Calls the closure for each component, in ascending order of the terms.
    package func forEachComponent(_ body: (TermID, Float) -> Void) throws(FormatError) {
        try withSection { section throws(FormatError) in try section.forEach(body) }
    }

    @inline(__always)
    private func withSection<Result>(
        _ body: (VectorSection) throws(FormatError) -> Result
    ) throws(FormatError) -> Result {
        do throws(FormatError) {
            return try body(try VectorSection(vectorBytes, termCount: termCount, isHalf: hasHalfVector))
        } catch {
            throw located(error)
        }
    }
}

/// The first 32 bytes of a document's body (FORMAT.md, "Documents"), and the values derived from them.
///
///      0 u16 identifierLength
///      2 u8  vectorEncoding
///      3 u8  payloadEncoding
///      4 u32 termCount
///      8 u32 vectorLength
///     12 u32 payloadLength
///     16 u32 payloadOriginalLength
///     20 u32 dictionary
///     24 u16 tagCount
///     26 u16 tagsLength
///     28 u16 attributesLength
///     30 u8  attributeCount
///     31 u8  reserved
struct DocumentHeader {
    static let size = 32

    var identifierLength: UInt16
    var vectorEncoding: VectorEncoding
    var payloadEncoding: PayloadEncoding
    var termCount: UInt32
    var vectorLength: UInt32
    var payloadLength: UInt32
    var payloadOriginalLength: UInt32
    var dictionary: UInt32
    var tagCount: UInt16
    var tagsLength: UInt16
    var attributesLength: UInt16
    var attributeCount: UInt8

    /// Reads the header of a body and checks everything that does not need the sections.
    init(body: UnsafeRawBufferPointer) throws(FormatError) {
        guard body.count >= Self.size else { throw FormatError(.truncated) }
        identifierLength = Self.load(body, 0)
        let vector = body[2]
        guard let known = VectorEncoding(rawValue: vector) else {
            throw FormatError(.knownEncoding, "vector encoding \(vector)")
        }
        vectorEncoding = known
        let payload = body[3]
        guard let known = PayloadEncoding(rawValue: payload) else {
            throw FormatError(.knownEncoding, "payload encoding \(payload)")
        }
        payloadEncoding = known
        termCount = Self.load(body, 4)
        vectorLength = Self.load(body, 8)
        payloadLength = Self.load(body, 12)
        payloadOriginalLength = Self.load(body, 16)
        dictionary = Self.load(body, 20)
        tagCount = Self.load(body, 24)
        tagsLength = Self.load(body, 26)
        attributesLength = Self.load(body, 28)
        attributeCount = body[30]
        guard body[31] == 0 else { throw FormatError(.reservedBytesAreZero) }
        try checkLengths(body.count)
    }

    init(
        identifierLength: Int, vectorEncoding: VectorEncoding, payloadEncoding: PayloadEncoding, termCount: Int,
        vectorLength: Int, payloadLength: Int, payloadOriginalLength: Int, dictionary: UInt32, tagCount: Int,
        tagsLength: Int, attributeCount: Int, attributesLength: Int
    ) {
        // The encoder has checked that all of these are within limits, which fit.
        self.identifierLength = UInt16(truncatingIfNeeded: identifierLength)
        self.vectorEncoding = vectorEncoding
        self.payloadEncoding = payloadEncoding
        self.termCount = UInt32(truncatingIfNeeded: termCount)
        self.vectorLength = UInt32(truncatingIfNeeded: vectorLength)
        self.payloadLength = UInt32(truncatingIfNeeded: payloadLength)
        self.payloadOriginalLength = UInt32(truncatingIfNeeded: payloadOriginalLength)
        self.dictionary = dictionary
        self.tagCount = UInt16(truncatingIfNeeded: tagCount)
        self.tagsLength = UInt16(truncatingIfNeeded: tagsLength)
        self.attributesLength = UInt16(truncatingIfNeeded: attributesLength)
        self.attributeCount = UInt8(truncatingIfNeeded: attributeCount)
    }

    func encode(into writer: inout ByteWriter) {
        writer.u16(identifierLength)
        writer.u8(vectorEncoding.rawValue)
        writer.u8(payloadEncoding.rawValue)
        writer.u32(termCount)
        writer.u32(vectorLength)
        writer.u32(payloadLength)
        writer.u32(payloadOriginalLength)
        writer.u32(dictionary)
        writer.u16(tagCount)
        writer.u16(tagsLength)
        writer.u16(attributesLength)
        writer.u8(attributeCount)
        writer.zeros(1)
    }

    private func checkLengths(_ bodyLength: Int) throws(FormatError) {
        // All are below 2^33, so the sum cannot overflow.
        let end =
            Self.size + Int(identifierLength) + Int(vectorLength) + Int(tagsLength) + Int(attributesLength)
            + Int(payloadLength)
        guard end == bodyLength else {
            throw FormatError(.sectionLengths, "the sections have \(end) bytes, but the body has \(bodyLength)")
        }
        guard (1...Limits.maximumIdentifierBytes).contains(Int(identifierLength)) else {
            throw FormatError(.textLength, "the identifier has \(identifierLength) bytes")
        }
        guard Int(termCount) <= Limits.maximumTermsPerVector else {
            throw FormatError(.termCount, "\(termCount) terms")
        }
        let lengths = VectorSection.lengths(termCount: Int(termCount), isHalf: vectorEncoding == .half)
        guard lengths.contains(Int(vectorLength)) else {
            throw FormatError(.sectionLengths, "a vector of \(termCount) terms in \(vectorLength) bytes")
        }
        guard tagCount <= Limits.maximumTagsPerDocument else {
            throw FormatError(.limitExceeded, "\(tagCount) tags")
        }
        // A tag has at least a length byte and one byte of text.
        guard Int(tagsLength) >= 2 * Int(tagCount), tagCount > 0 || tagsLength == 0 else {
            throw FormatError(.sectionLengths, "\(tagCount) tags in \(tagsLength) bytes")
        }
        guard attributeCount <= Limits.maximumAttributesPerDocument else {
            throw FormatError(.limitExceeded, "\(attributeCount) attributes")
        }
        // An attribute has at least a length byte, one byte of name, a type and one byte of value.
        guard Int(attributesLength) >= 4 * Int(attributeCount), attributeCount > 0 || attributesLength == 0 else {
            throw FormatError(.sectionLengths, "\(attributeCount) attributes in \(attributesLength) bytes")
        }
        try checkPayload()
        guard dictionary == 0 || payloadEncoding == .zstd else { throw FormatError(.dictionaryUse) }
    }

    private func checkPayload() throws(FormatError) {
        let agrees =
            switch payloadEncoding {
            case .none: payloadLength == 0 && payloadOriginalLength == 0
            case .raw: payloadLength == payloadOriginalLength
            case .zstd: payloadLength >= 1 && payloadLength < payloadOriginalLength
            }
        guard agrees else { throw FormatError(.payloadLengths) }
        guard payloadOriginalLength <= Limits.maximumPayloadBytes else {
            throw FormatError(.limitExceeded, "the payload has \(payloadOriginalLength) bytes")
        }
    }

    /// Reads a field whose bytes are known to exist.
    private static func load<Value: FixedWidthInteger>(_ body: UnsafeRawBufferPointer, _ offset: Int) -> Value {
        Value(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}

/// Decodes compressed payloads with a zstd context and with dictionaries that are loaded on demand.
package final class DocumentDecoder {
    private let zstd = ZstdDecompressor()
    private let load: (UInt32) -> ZstdDictionary?
    private var dictionaries: [UInt32: ZstdDictionary] = [:]

    /// - Parameter load: Returns the dictionary with an id, or nil if there is none. Called once for each dictionary
    ///   found.
    package init(_ load: @escaping (UInt32) -> ZstdDictionary? = { _ in nil }) {
        self.load = load
    }

    /// Returns the dictionary; nil for id 0.
    func dictionary(_ id: UInt32) throws(FormatError) -> ZstdDictionary? {
        if id == 0 { return nil }
        if let known = dictionaries[id] { return known }
        guard let found = load(id) else { throw FormatError(.unknownDictionary, "dictionary \(id)") }
        dictionaries[id] = found
        return found
    }

    /// Decodes a payload of exactly `size` bytes.
    func payload(_ frame: UnsafeRawBufferPointer, size: Int, dictionary id: UInt32) throws(FormatError) -> [UInt8] {
        try zstd.decompress(frame, size: size, limit: Limits.maximumPayloadBytes, dictionary: try dictionary(id))
    }
}
