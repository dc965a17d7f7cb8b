/// The settings of all multivectors of a store (table meta, key `multivectors`); missing until there has been one.
package struct MultivectorSettings: Record, Hashable {
    package static let kind = RecordKind.multivectorSettings

    /// An encoding of token vectors: a codec, and the codebook if it needs one.
    package struct Encoding: Hashable, Sendable, Comparable {
        package var codec: MultivectorCodec
        /// The number of the codebook; 0 for a codec without a codebook.
        package var codebook: UInt32

        package init(_ codec: MultivectorCodec, codebook: UInt32 = 0) {
            self.codec = codec
            self.codebook = codebook
        }

        package init(_ view: MultivectorView) {
            self.init(view.codec, codebook: view.codebook)
        }

        package static func < (left: Encoding, right: Encoding) -> Bool {
            (left.codec.rawValue, left.codebook) < (right.codec.rawValue, right.codebook)
        }
    }

    /// The number of components of every token, 1...1,024, set by the first multivector.
    package var dimension: Int
    /// The encoding of new multivectors; each stored one names its own.
    package var encoding: Encoding
    /// The number of the next codebook.
    package var nextCodebook: UInt32
    /// The number of tokens of all multivectors.
    package var tokens: UInt64
    /// The number of bytes of their values, including headers.
    package var bytes: UInt64
    /// The number of documents for each encoding in use, 1 or more each. This shows whether a codebook is unused
    /// without reading the multivectors.
    package private(set) var documentsByEncoding: [Encoding: UInt64]

    package init(
        dimension: Int, encoding: Encoding = Encoding(.f16), nextCodebook: UInt32 = 1, tokens: UInt64 = 0,
        bytes: UInt64 = 0, documentsByEncoding: [Encoding: UInt64] = [:]
    ) {
        self.dimension = dimension
        self.encoding = encoding
        self.nextCodebook = nextCodebook
        self.tokens = tokens
        self.bytes = bytes
        self.documentsByEncoding = documentsByEncoding
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        dimension = Int(try body.u16())
        encoding = try Self.encoding(&body)
        nextCodebook = try body.u32()
        tokens = try body.u64()
        bytes = try body.u64()
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: 16, limit: Limits.maximumMultivectorEncodings)
        documentsByEncoding = [:]
        var last: Encoding?
        var documents: UInt64 = 0
        for _ in 0..<count {
            try body.zeros(2)
            let encoding = try Self.encoding(&body)
            let (of, sum) = (try body.u64(), documents)
            documents = sum &+ of
            guard last.map({ $0 < encoding }) ?? true, of > 0, documents >= sum else {
                throw FormatError(.multivectorCounts)
            }
            guard encoding.codebook < nextCodebook else { throw FormatError(.codebookUse) }
            documentsByEncoding[encoding] = of
            last = encoding
        }
        guard (1...Limits.maximumDimension).contains(dimension) else {
            throw FormatError(.multivectorShape, "\(dimension) dimensions")
        }
        guard encoding.codebook < nextCodebook else { throw FormatError(.codebookUse) }
        guard documents <= tokens, tokens < 1 << 62, bytes < 1 << 62 else { throw FormatError(.multivectorCounts) }
    }

    private static func encoding(_ body: inout ByteReader) throws(FormatError) -> Encoding {
        let codec = try MultivectorCodec(encoding: try body.u8())
        try body.zeros(1)
        let encoding = Encoding(codec, codebook: try body.u32())
        guard codec.isTrained == (encoding.codebook > 0) else { throw FormatError(.codebookUse) }
        return encoding
    }

    package func encodeBody(into writer: inout ByteWriter) {
        func write(_ encoding: Encoding) {
            writer.u8(encoding.codec.rawValue)
            writer.zeros(1)
            writer.u32(encoding.codebook)
        }
        writer.u16(UInt16(dimension))
        write(encoding)
        writer.u32(nextCodebook)
        writer.u64(tokens)
        writer.u64(bytes)
        let counts = documentsByEncoding.sorted { $0.key < $1.key }
        writer.u32(UInt32(truncatingIfNeeded: counts.count))
        for (encoding, documents) in counts {
            writer.zeros(2)
            write(encoding)
            writer.u64(documents)
        }
    }
}

extension MultivectorSettings {
    /// The number of documents that have a multivector.
    package var documents: UInt64 { documentsByEncoding.values.reduce(0, +) }
    /// The number of documents whose multivector does not have the encoding of new ones.
    package var outdated: UInt64 { documents - documentsByEncoding[encoding, default: 0] }
    /// The codebooks that a multivector or the settings name.
    package var codebooks: Set<UInt32> {
        Set(documentsByEncoding.keys.map(\.codebook) + [encoding.codebook]).subtracting([0])
    }

    /// Counts one more document with an encoding.
    package mutating func add(_ encoding: Encoding) { documentsByEncoding[encoding, default: 0] += 1 }

    /// Counts one document less with an encoding. Returns false, and changes nothing, if there was none.
    package mutating func remove(_ encoding: Encoding) -> Bool {
        guard let documents = documentsByEncoding[encoding] else { return false }
        documentsByEncoding[encoding] = documents > 1 ? documents - 1 : nil
        return true
    }
}

extension MultivectorCodec {
    init(encoding: UInt8) throws(FormatError) {
        guard let codec = MultivectorCodec(rawValue: encoding) else {
            throw FormatError(.knownEncoding, "a multivector's encoding is \(encoding)")
        }
        self = codec
    }
}
