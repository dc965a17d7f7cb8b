/// The encoder of the vectors of a store, and their scoring (table meta, key `encoder`).
package struct EncoderRecord: Record {
    package static let kind = RecordKind.encoder
    /// The maximum number of UTF-8 bytes of a name.
    package static let maximumNameBytes = 200
    /// The maximum number of UTF-8 bytes of the parameters.
    package static let maximumParameterBytes = 4_096

    /// The name of the encoder.
    package var name: String
    /// A hash of everything that determines the terms of a text: vocabulary, tables, lists.
    package var fingerprint: UInt64
    /// The parameters of the encoder, as text for human readers.
    package var parameters: String
    /// The BM25 parameters; nil for inner products.
    package var bm25: BM25Parameters?
    /// The sum of the weights of all live documents if BM25 is used; otherwise 0.
    package var length: UInt64

    package init(
        name: String, fingerprint: UInt64, parameters: String = "", bm25: BM25Parameters? = nil, length: UInt64 = 0
    ) {
        self.name = name
        self.fingerprint = fingerprint
        self.parameters = parameters
        self.bm25 = bm25
        self.length = length
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let scoring = try body.u8()
        try body.zeros(3)
        let parameters = BM25Parameters(k1: try body.f32(), b: try body.f32())
        length = try body.u64()
        fingerprint = try body.u64()
        let nameLength = Int(try body.u16())
        let parametersLength = Int(try body.u16())
        guard scoring <= 1 else { throw FormatError(.knownEncoding) }
        bm25 = scoring == 1 ? parameters : nil
        guard scoring == 1 ? parameters.isValid : parameters.isZero && length == 0, length < 1 << 62 else {
            throw FormatError(.encoder)
        }
        guard (1...Self.maximumNameBytes).contains(nameLength), parametersLength <= Self.maximumParameterBytes else {
            throw FormatError(.textLength)
        }
        name = try body.text(nameLength)
        self.parameters = try body.text(parametersLength)
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u8(bm25 == nil ? 0 : 1)
        writer.zeros(3)
        writer.f32(bm25?.k1 ?? 0)
        writer.f32(bm25?.b ?? 0)
        writer.u64(length)
        writer.u64(fingerprint)
        writer.u16(UInt16(clamping: name.utf8.count))
        writer.u16(UInt16(clamping: parameters.utf8.count))
        writer.append(Array(name.utf8))
        writer.append(Array(parameters.utf8))
    }
}
