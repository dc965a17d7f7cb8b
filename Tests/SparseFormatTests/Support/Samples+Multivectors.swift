@testable import SparseFormat

extension Samples {
    static func multivectors(_ random: inout SeededGenerator) throws -> [Sample] {
        let codebook = Arbitrary.codebook(&random)
        let encoders = [
            MultivectorEncoder(.f16), MultivectorEncoder(.int8), MultivectorEncoder(codebook, number: 5),
        ]
        return try encoders.map { encoder in
            let number = random.number()
            let multivector = try Multivector(
                dimension: codebook.dimension,
                components: Arbitrary.multivector(&random, tokens: 6, dimension: codebook.dimension))
            return Sample(
                "multivector, \(encoder.codec)", .multivectors, Keys.multivector(number),
                encoder.encode(multivector, number: number), isCanonical: true
            ) { try recodeMultivector($0, $1, $2, codebook) }
        }
    }

    /// Everything decoded, and the body put together again out of its parts.
    private static func recodeMultivector(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8], _ codebook: TokenCodebook
    ) throws -> [UInt8] {
        let body = try Value.open(bytes, kind: .multivector, table: table, key: key)
        let view = try MultivectorView(bytes, number: try key.withUnsafeBytes { try Keys.multivectorNumber($0) })
        let decoded = try view.multivector(view.codec.isTrained ? codebook : nil)
        guard decoded.count == view.count, decoded.dimension == view.dimension else {
            throw FormatDocument.Malformed(what: "\(decoded.count) x \(decoded.dimension)")
        }
        return Value.seal(kind: .multivector, version: body.version, table: table, key: key) { writer in
            writer.u8(view.codec.rawValue)
            writer.zeros(1)
            writer.u16(UInt16(view.dimension))
            writer.u16(UInt16(view.count))
            writer.zeros(2)
            writer.u32(view.codebook)
            writer.zeros(4)
            writer.append(view.data)
        }
    }
}
