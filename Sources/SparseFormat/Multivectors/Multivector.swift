/// The token vectors of one document or query: a matrix with one row per token, all of the same dimension.
///
/// A value of this type is always within the limits: 1...4,096 rows (``Limits/maximumTokensPerMultivector``) of
/// 1...1,024 components (``Limits/maximumDimension``), each inside ``Limits/components``.
public struct Multivector: Sendable, Hashable {
    /// The number of components of each row: 1...1,024.
    public let dimension: Int
    /// The rows, one after another: `count * dimension` components.
    public let components: [Float]

    /// The number of rows, which is the number of tokens: 1...4,096.
    public var count: Int { components.count / dimension }

    /// Returns the vector of one token.
    /// - Parameter token: The index of the token, in 0..<``count``.
    public subscript(token: Int) -> ArraySlice<Float> {
        components[token * dimension..<(token + 1) * dimension]
    }

    /// Creates a multivector from concatenated rows.
    /// - Parameters:
    ///   - dimension: The number of components of a row, 1...1,024.
    ///   - components: The components of 1...4,096 whole rows, each finite and within ``Limits/components``.
    /// - Throws: ``VectorError`` if a rule is broken.
    public init(dimension: Int, components: [Float]) throws(VectorError) {
        guard (1...Limits.maximumDimension).contains(dimension) else { throw VectorError(.dimension(dimension)) }
        guard !components.isEmpty else { throw VectorError(.noTokens) }
        guard components.count.isMultiple(of: dimension) else { throw VectorError(.unequalRows) }
        let count = components.count / dimension
        guard count <= Limits.maximumTokensPerMultivector else { throw VectorError(.tooManyTokens(count)) }
        if let index = components.firstIndex(where: { !Limits.components.contains($0) }) {
            throw VectorError(.component(token: index / dimension, components[index]))
        }
        self.dimension = dimension
        self.components = components
    }

    /// Creates a multivector from its rows.
    /// - Parameter rows: 1...4,096 rows of the same length, which is 1...1,024. Every component must be finite
    ///   and within ``Limits/components``.
    /// - Throws: ``VectorError`` if a rule is broken.
    public init(_ rows: [[Float]]) throws(VectorError) {
        guard let first = rows.first else { throw VectorError(.noTokens) }
        guard rows.allSatisfy({ $0.count == first.count }) else { throw VectorError(.unequalRows) }
        try self.init(dimension: first.count, components: rows.flatMap { $0 })
    }
}

extension Limits {
    /// A component at the end of the range may be slightly out of range after a codec has encoded it.
    @inline(__always)
    static func nearestComponent(_ component: Float) -> Float {
        min(components.upperBound, max(components.lowerBound, component))
    }
}

/// A format in which token vectors are stored. The raw value is the encoding byte of FORMAT.md.
public enum MultivectorCodec: UInt8, Sendable, Hashable, CaseIterable {
    /// IEEE 754 half precision, 2 bytes per component.
    case f16 = 0
    /// 8-bit integers with one scale per token: 1 byte per component, plus 4 bytes.
    case int8 = 1
    /// Two-level product quantization, trained from the token vectors of the store: the nearest centroid (2 bytes), and
    /// one byte for each four components of the residual. A token with 128 dimensions takes 34 bytes.
    case pq32 = 2

    /// Whether the codec needs a trained codebook.
    public var isTrained: Bool { self == .pq32 }

    /// Returns the number of bytes of one token.
    public func bytesPerToken(dimension: Int) -> Int {
        switch self {
        case .f16: 2 * dimension
        case .int8: 4 + dimension
        case .pq32: 2 + TokenCodebook.subspaces(dimension: dimension)
        }
    }
}

extension MultivectorCodec: CustomStringConvertible {
    /// The name of the codec: `f16`, `int8` or `pq32`.
    public var description: String {
        switch self {
        case .f16: "f16"
        case .int8: "int8"
        case .pq32: "pq32"
        }
    }
}

/// Converts IEEE 754 half precision as bits. Swift's `Float16` is missing on some platforms and needs calls on x86.
package enum HalfFloat {
    /// Returns the value of the bits. It is exact, because every half is a Float.
    @inline(__always)
    package static func float(_ bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7FFF) &<< 13
        // Exponents are 112 apart. Infinity and NaN become numbers of 65,536 and more, which no stored component has.
        let value = Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)
        return Float(bitPattern: value.bitPattern | UInt32(bits & 0x8000) &<< 16)
    }

    /// Returns the nearest half, ties to even. The magnitude is at most 65,504, the largest half.
    package static func bits(_ value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern &>> 16) & 0x8000
        let magnitude = value.magnitude
        if magnitude < 0x1p-14 {
            // Subnormal halves are multiples of 2^-24; adding 2^-1 rounds to such a multiple.
            return sign | UInt16(truncatingIfNeeded: (magnitude + 0.5).bitPattern &- Float(0.5).bitPattern)
        }
        let bits = magnitude.bitPattern &- 112 &<< 23
        return sign | UInt16(truncatingIfNeeded: (bits &+ 0xFFF &+ (bits &>> 13) & 1) &>> 13)
    }
}
