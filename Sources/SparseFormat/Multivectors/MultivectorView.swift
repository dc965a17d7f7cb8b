/// A stored multivector, read in place (FORMAT.md, "Multivectors"). It is valid as long as the underlying bytes.
///
/// This file uses pointers: the initializer checks that `data` has `count` tokens of the codec's size, and all accesses
/// stay inside.
package struct MultivectorView {
    /// The number of bytes of the body before the data.
    package static let headerBytes = 16

    package let codec: MultivectorCodec
    package let dimension: Int
    package let count: Int
    /// The number of the codebook; 0 for a codec without a codebook.
    package let codebook: UInt32
    /// The encoded tokens. Codecs with one value per token (a scale or a centroid) store these values first.
    package let data: UnsafeRawBufferPointer

    /// - Parameter number: The number of the document, for the checksum.
    package init(_ bytes: UnsafeRawBufferPointer, number: UInt64) throws(FormatError) {
        let opened = Keys.withDocument(number) { key in
            Result { () throws(FormatError) -> MultivectorView in
                do throws(FormatError) {
                    return try MultivectorView(
                        Value.open(bytes, kind: .multivector, table: .multivectors, key: key))
                } catch {
                    throw error.at(.multivectors, key: key)
                }
            }
        }
        self = try opened.get()
    }

    private init(_ value: Value.Body) throws(FormatError) {
        guard value.version == 1 else {
            throw FormatError(.unsupportedVersion, "version \(value.version), this library knows 1")
        }
        guard value.flags == 0 else { throw FormatError(.unknownFlags, "flags \(value.flags)") }
        var body = ByteReader(value.bytes)
        codec = try MultivectorCodec(encoding: try body.u8())
        try body.zeros(1)
        dimension = Int(try body.u16())
        count = Int(try body.u16())
        try body.zeros(2)
        codebook = try body.u32()
        try body.zeros(4)
        guard (1...Limits.maximumDimension).contains(dimension),
            (1...Limits.maximumTokensPerMultivector).contains(count)
        else { throw FormatError(.multivectorShape, "\(count) tokens of \(dimension) dimensions") }
        guard codec.isTrained == (codebook > 0) else { throw FormatError(.codebookUse) }
        data = try body.take(count * codec.bytesPerToken(dimension: dimension))
        try body.finish()
        if codec == .int8 {
            for token in 0..<count where !(scale(token) >= 0 && scale(token).isFinite) {
                throw FormatError(.multivectorScale, "token \(token)")
            }
        }
    }

    /// The half-precision components, row by row.
    package var halves: UnsafeRawBufferPointer { data }

    /// The scale of each token of `int8`.
    package func scale(_ token: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: 4 * token, as: UInt32.self)))
    }

    /// The 8-bit components of `int8`, row by row.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: data[(4 * count)...]) }

    /// The centroid of each token of `pq32`.
    package func centroid(_ token: Int) -> Int {
        Int(UInt16(littleEndian: data.loadUnaligned(fromByteOffset: 2 * token, as: UInt16.self)))
    }

    /// The codes of `pq32`, row by row.
    package var codes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: data[(2 * count)...]) }

    /// Checks that a codebook matches these tokens: it has the same dimension and the centroid of each token.
    package func check(_ codebook: TokenCodebook) throws(FormatError) {
        guard codebook.dimension == dimension else {
            throw FormatError(.codebookUse, "the codebook has a different dimension")
        }
        let limit = codebook.centroidCount
        for token in 0..<count where centroid(token) >= limit {
            throw FormatError(.codebookUse, "centroid \(centroid(token)) of \(limit)")
        }
    }

    /// Returns the decoded components.
    /// - Parameter codebook: The codebook that the value names, if any.
    package func multivector(_ codebook: TokenCodebook?) throws(FormatError) -> Multivector {
        var components: [Float] = []
        components.reserveCapacity(count * dimension)
        switch codec {
        case .f16:
            for index in 0..<count * dimension {
                let bits = UInt16(littleEndian: halves.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                components.append(HalfFloat.float(bits))
            }
        case .int8:
            let bytes = bytes
            for token in 0..<count {
                let scale = scale(token)
                for index in token * dimension..<(token + 1) * dimension {
                    components.append(Limits.nearestComponent(Float(Int8(bitPattern: bytes[index])) * scale))
                }
            }
        case .pq32:
            guard let codebook else { throw FormatError(.codebookUse, "codebook \(self.codebook) is missing") }
            try check(codebook)
            let codes = codes
            let groups = codebook.subspaces
            for token in 0..<count {
                codebook.decode(centroid(token), codes[token * groups..<(token + 1) * groups], into: &components)
            }
        }
        do {
            return try Multivector(dimension: dimension, components: components)
        } catch {
            throw FormatError(.multivectorShape, error.message)
        }
    }
}
