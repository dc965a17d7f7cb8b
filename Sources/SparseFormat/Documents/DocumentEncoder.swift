/// Encodes documents. It owns the resources that are expensive to create: zstd contexts, a digested dictionary,
/// buffers.
package final class DocumentEncoder {
    /// The dictionary for the payloads of the next documents.
    package var dictionary: ZstdDictionary?
    private let compression: DocumentCompression
    private let zstd: ZstdCompressor
    private var vectorSection = ByteWriter()
    private var tagSection = ByteWriter()
    private var attributeSection = ByteWriter()

    package init(_ compression: DocumentCompression = .fast, dictionary: ZstdDictionary? = nil) {
        self.compression = compression
        self.dictionary = dictionary
        zstd = ZstdCompressor(level: compression.level)
    }

    /// Returns the value to store under `key`, the key of the document's number.
    ///
    /// The vector may be empty. Tags may be unordered and may repeat.
    /// - Throws: `limitExceeded`, which names the limit that the identifier, a tag, an attribute or the payload
    ///   exceeds.
    package func encode(
        id: String, vector: SparseVector, tags: [String] = [], attributes: [String: AttributeValue] = [:],
        payload: [UInt8]? = nil, key: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        try check(id: id, vector: vector, payload: payload)
        let tagCount = try encodeTags(tags)
        attributeSection.removeAll()
        let attributeCount = try AttributeSection.encode(attributes, into: &attributeSection)
        vectorSection.removeAll()
        let isHalf = VectorSection.fitsHalf(vector)
        VectorSection.encode(vector, isHalf: isHalf, into: &vectorSection)
        let payloadFrame = compression.payloads ? payload.flatMap(frame) : nil
        let used = payloadFrame != nil ? dictionary?.id ?? 0 : 0
        let header = DocumentHeader(
            identifierLength: id.utf8.count,
            vectorEncoding: isHalf ? .half : .plain,
            payloadEncoding: payload == nil ? .none : payloadFrame == nil ? .raw : .zstd,
            termCount: vector.count,
            vectorLength: vectorSection.count,
            payloadLength: payloadFrame?.count ?? payload?.count ?? 0,
            payloadOriginalLength: payload?.count ?? 0,
            dictionary: used,
            tagCount: tagCount,
            tagsLength: tagSection.count,
            attributeCount: attributeCount,
            attributesLength: attributeSection.count)
        let size =
            Int(header.vectorLength) + Int(header.payloadLength) + tagSection.count + attributeSection.count
            + id.utf8.count
        return Value.seal(
            kind: .document, version: 1, table: .documents, key: key, reserving: DocumentHeader.size + size
        ) { writer in
            header.encode(into: &writer)
            writer.append(id.utf8)
            writer.append(vectorSection.bytes)
            writer.append(tagSection.bytes)
            writer.append(attributeSection.bytes)
            writer.append(payloadFrame ?? payload ?? [])
        }
    }

    /// Returns a stored document with other tags and attributes; all other bytes stay the same.
    ///
    /// - Throws: `limitExceeded` as `encode` does.
    package func encode(
        _ view: DocumentView, tags: [String], attributes: [String: AttributeValue], key: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        let tagCount = try encodeTags(tags)
        attributeSection.removeAll()
        let attributeCount = try AttributeSection.encode(attributes, into: &attributeSection)
        return view.replacing(
            tags: (tagCount, tagSection.bytes), attributes: (attributeCount, attributeSection.bytes), key: key)
    }

    private func check(id: String, vector: SparseVector, payload: [UInt8]?) throws(FormatError) {
        guard (1...Limits.maximumIdentifierBytes).contains(id.utf8.count) else {
            throw FormatError(
                .limitExceeded,
                "the identifier has \(id.utf8.count) bytes, the range is 1 to \(Limits.maximumIdentifierBytes)")
        }
        guard vector.count <= Limits.maximumTermsPerVector, vector.count == vector.weights.count else {
            throw FormatError(
                .limitExceeded, "\(vector.count) terms, but the limit is \(Limits.maximumTermsPerVector)")
        }
        guard payload?.count ?? 0 <= Limits.maximumPayloadBytes else {
            throw FormatError(
                .limitExceeded,
                "the payload has \(payload?.count ?? 0) bytes, but the limit is \(Limits.maximumPayloadBytes)")
        }
    }

    /// Writes the tag section. Returns the number of tags.
    private func encodeTags(_ tags: [String]) throws(FormatError) -> Int {
        tagSection.removeAll()
        guard !tags.isEmpty else { return 0 }
        var count = 0
        var previous: [UInt8] = []
        for tag in tags.map({ Array($0.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard (1...Limits.maximumTagBytes).contains(tag.count) else {
                throw FormatError(
                    .limitExceeded, "a tag has \(tag.count) bytes, the range is 1 to \(Limits.maximumTagBytes)")
            }
            if tag == previous { continue }
            tagSection.varint(UInt32(tag.count))
            tagSection.append(tag)
            previous = tag
            count += 1
        }
        guard count <= Limits.maximumTagsPerDocument else {
            throw FormatError(.limitExceeded, "\(count) tags, but the limit is \(Limits.maximumTagsPerDocument)")
        }
        return count
    }

    /// Returns a frame worth storing instead of the bytes, or nil.
    private func frame(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.withUnsafeBytes {
            zstd.compress($0, limit: ZstdCompressor.worthwhile($0.count), dictionary: dictionary)
        }
    }
}

/// How an encoder compresses payloads. A payload that zstd makes less than 5 percent smaller is stored uncompressed.
package struct DocumentCompression: Sendable, Equatable {
    package var payloads: Bool
    /// The zstd level, from 1 (fast) to 19 (small).
    package var level: Int

    package init(payloads: Bool, level: Int = 3) {
        self.payloads = payloads
        self.level = level
    }

    package static let off = DocumentCompression(payloads: false)
    package static let fast = DocumentCompression(payloads: true)
}

/// How the payload of a document is stored.
package enum PayloadEncoding: UInt8, Sendable {
    /// No payload, which is different from an empty payload.
    case none = 0
    case raw = 1
    /// One zstd frame.
    case zstd = 2
}

/// How the vector section of a document is stored.
package enum VectorEncoding: UInt8, Sendable {
    case plain = 0
    /// Half-precision weights, used if they represent each weight exactly, as for models that compute in half
    /// precision.
    case half = 1
}
