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
    /// - dimension: The number of components of a row, 1...1,024.
    /// - components: The components of 1...4,096 whole rows, each finite and inside ``Limits/components``.
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
    /// - Parameter rows: 1...4,096 rows of equal length, 1...1,024, each component finite and inside
    ///   ``Limits/components``.
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
