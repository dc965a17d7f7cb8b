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
            throw FormatError(.sectionLengths, "the sections have \(end) bytes, the body has \(bodyLength)")
        }
        guard (1...Limits.maximumIdentifierBytes).contains(Int(identifierLength)) else {
            throw FormatError(.textLength, "the identifier has \(identifierLength) bytes")
        }
        guard (1...Limits.maximumTermsPerVector).contains(Int(termCount)) else {
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
