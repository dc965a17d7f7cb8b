/// What holds for all multivectors of a store (table meta, key `multivectors`); missing until there has been one.
package struct MultivectorSettings: Record {
    package static let kind = RecordKind.multivectorSettings

    /// Components of every token, 1...1,024: those of the first multivector.
    package var dimension: Int
    /// For new multivectors; each one names its own.
    package var codec: MultivectorCodec
    /// For new multivectors; 0 for a codec without.
    package var codebook: UInt32
    /// The number of the next codebook.
    package var nextCodebook: UInt32
    /// Documents that have a multivector.
    package var documents: UInt64
    /// Tokens of all of them.
    package var tokens: UInt64
    /// Bytes of their values, headers included.
    package var bytes: UInt64
    /// Documents whose multivector is not yet in the codec of new ones.
    package var outdated: UInt64

    package init(
        dimension: Int, codec: MultivectorCodec = .f16, codebook: UInt32 = 0, nextCodebook: UInt32 = 1,
        documents: UInt64 = 0, tokens: UInt64 = 0, bytes: UInt64 = 0, outdated: UInt64 = 0
    ) {
        self.dimension = dimension
        self.codec = codec
        self.codebook = codebook
        self.nextCodebook = nextCodebook
        self.documents = documents
        self.tokens = tokens
        self.bytes = bytes
        self.outdated = outdated
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        dimension = Int(try body.u16())
        codec = try MultivectorCodec(encoding: try body.u8())
        try body.zeros(1)
        codebook = try body.u32()
        nextCodebook = try body.u32()
        documents = try body.u64()
        tokens = try body.u64()
        bytes = try body.u64()
        outdated = try body.u64()
        guard (1...Limits.maximumDimension).contains(dimension) else {
            throw FormatError(.multivectorShape, "\(dimension) dimensions")
        }
        guard codec.isTrained == (codebook > 0), codebook < nextCodebook else { throw FormatError(.codebookUse) }
        guard documents <= tokens, outdated <= documents, tokens < 1 << 62, bytes < 1 << 62 else {
            throw FormatError(.multivectorCounts)
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u16(UInt16(dimension))
        writer.u8(codec.rawValue)
        writer.zeros(1)
        writer.u32(codebook)
        writer.u32(nextCodebook)
        writer.u64(documents)
        writer.u64(tokens)
        writer.u64(bytes)
        writer.u64(outdated)
    }
}

extension MultivectorSettings {
    /// Whether a multivector is in the codec of new ones.
    package func isCurrent(_ view: MultivectorView) -> Bool { view.codec == codec && view.codebook == codebook }
}

extension MultivectorCodec {
    init(encoding: UInt8) throws(FormatError) {
        guard let codec = MultivectorCodec(rawValue: encoding) else {
            throw FormatError(.knownEncoding, "a multivector's encoding is \(encoding)")
        }
        self = codec
    }
}
