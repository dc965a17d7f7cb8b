/// Encodes multivectors with one codec (FORMAT.md, "Multivectors").
package struct MultivectorEncoder: Sendable {
    package let codec: MultivectorCodec
    /// The number of the codebook; 0 for a codec without a codebook.
    package let codebook: UInt32
    private let searcher: CodebookSearcher?

    /// Creates an encoder for a codec without a codebook.
    package init(_ codec: MultivectorCodec) {
        self.codec = codec
        codebook = 0
        searcher = nil
    }

    /// Creates an encoder for `pq32`.
    package init(_ codebook: TokenCodebook, number: UInt32) {
        codec = .pq32
        self.codebook = number
        searcher = CodebookSearcher(codebook)
    }

    /// Returns the value to store for a document.
    package func encode(_ multivector: Multivector, number: UInt64) -> [UInt8] {
        let bytes = multivector.count * codec.bytesPerToken(dimension: multivector.dimension)
        return Value.seal(
            kind: .multivector, version: 1, table: .multivectors, key: Keys.multivector(number),
            reserving: MultivectorView.headerBytes + bytes
        ) { writer in
            writer.u8(codec.rawValue)
            writer.zeros(1)
            writer.u16(UInt16(multivector.dimension))
            writer.u16(UInt16(multivector.count))
            writer.zeros(2)
            writer.u32(codebook)
            writer.zeros(4)
            switch codec {
            case .f16: for component in multivector.components { writer.u16(HalfFloat.bits(component)) }
            case .int8: Self.encodeBytes(multivector, &writer)
            case .pq32: searcher?.encode(multivector, into: &writer)
            }
        }
    }

    private static func encodeBytes(_ multivector: Multivector, _ writer: inout ByteWriter) {
        let rows = (0..<multivector.count).map { TokenQuantiser.quantise(multivector[$0]) }
        writer.f32s(rows.map(\.scale))
        for row in rows { writer.append(row.codes.lazy.map { UInt8(bitPattern: $0) }) }
    }
}
