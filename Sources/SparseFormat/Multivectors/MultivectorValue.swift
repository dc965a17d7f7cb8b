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
        let rows = (0..<multivector.count).map { TokenQuantizer.quantize(multivector[$0]) }
        writer.f32s(rows.map(\.scale))
        for row in rows { writer.append(row.codes.lazy.map { UInt8(bitPattern: $0) }) }
    }
}

/// Converts rows of floats to 8-bit integers with one scale: component = code * scale.
package enum TokenQuantizer {
    /// The largest code; the smallest is its negative.
    private static let largestCode: Float = 127
    /// Adding and subtracting this rounds a number smaller than 2^22 to the nearest integer, ties to even.
    private static let rounding: Float = 0x1.8p23

    /// Computes the scale of a row and the nearest codes. The scale is the row's largest magnitude divided by 127 (0
    /// for a row of zeros), or an adjacent float if codes times that float reproduce the row, so that decoded rows are
    /// encoded to the same bits.
    package static func quantize(_ row: ArraySlice<Float>) -> (scale: Float, codes: [Int8]) {
        let scale = row.reduce(0) { max($0, $1.magnitude) } / largestCode
        guard scale > 0 else { return (0, Array(repeating: 0, count: row.count)) }
        let exact = [scale, scale.nextDown, scale.nextUp].first { scale in
            scale > 0
                && row.allSatisfy {
                    Limits.nearestComponent(Float(code(of: $0, scale)) * scale).bitPattern == $0.bitPattern
                }
        }
        return (exact ?? scale, row.map { code(of: $0, exact ?? scale) })
    }

    private static func code(of component: Float, _ scale: Float) -> Int8 {
        // Division by a subnormal scale may give slightly more than 127.
        let quotient = max(-largestCode, min(largestCode, component / scale))
        return Int8(truncatingIfNeeded: Int32(quotient + rounding - rounding))
    }
}
