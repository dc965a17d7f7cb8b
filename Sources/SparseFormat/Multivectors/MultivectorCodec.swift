/// How the token vectors of documents are stored. The raw value is the encoding byte of FORMAT.md.
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
