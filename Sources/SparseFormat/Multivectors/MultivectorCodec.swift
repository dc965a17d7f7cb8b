/// How the token vectors of a document are kept. The raw value is the encoding byte of FORMAT.md.
public enum MultivectorCodec: UInt8, Sendable, Hashable, CaseIterable {
    /// IEEE 754 half precision: 2 bytes a component.
    case f16 = 0
    /// 8-bit integers with one scale a token: a byte a component, and 4 bytes.
    case int8 = 1
    /// Two-level product quantisation, trained from the store's own token vectors: the nearest of a set of centroids (2
    /// bytes), and a byte for each four components of what is left. 34 bytes a token of 128 dimensions.
    case pq32 = 2

    /// Whether a codebook must be trained before it can be used.
    public var isTrained: Bool { self == .pq32 }

    /// Bytes that the data of one token takes.
    public func bytesPerToken(dimension: Int) -> Int {
        switch self {
        case .f16: 2 * dimension
        case .int8: 4 + dimension
        case .pq32: 2 + TokenCodebook.subspaces(dimension: dimension)
        }
    }
}

extension MultivectorCodec: CustomStringConvertible {
    /// The codec's name: `f16`, `int8` or `pq32`.
    public var description: String {
        switch self {
        case .f16: "f16"
        case .int8: "int8"
        case .pq32: "pq32"
        }
    }
}
