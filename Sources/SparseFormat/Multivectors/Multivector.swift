/// Token vectors of one document or query: a matrix with a row for each token, all of one dimension.
///
/// A value of this type always obeys the limits: 1...4,096 rows (``Limits/maximumTokensPerMultivector``) of 1...1,024
/// components (``Limits/maximumDimension``), each inside ``Limits/components``.
public struct Multivector: Sendable, Hashable {
    /// Components of each row: 1...1,024.
    public let dimension: Int
    /// The rows one after another: `count * dimension` components.
    public let components: [Float]

    /// The number of rows, one for each token: 1...4,096.
    public var count: Int { components.count / dimension }

    /// The vector of one token.
    /// - Parameter token: 0..<``count``.
    public subscript(token: Int) -> ArraySlice<Float> {
        components[token * dimension..<(token + 1) * dimension]
    }

    /// Makes a multivector from rows that stand one after another.
    /// - Parameters:
    ///   - dimension: Components of a row, 1...1,024.
    ///   - components: A whole number of rows, 1...4,096; finite and inside ``Limits/components``.
    /// - Throws: ``VectorError`` with the rule that is broken.
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

    /// Makes a multivector from its rows.
    /// - Parameter rows: 1...4,096 rows of one length, 1...1,024; finite and inside ``Limits/components``.
    /// - Throws: ``VectorError`` with the rule that is broken.
    public init(_ rows: [[Float]]) throws(VectorError) {
        guard let first = rows.first else { throw VectorError(.noTokens) }
        guard rows.allSatisfy({ $0.count == first.count }) else { throw VectorError(.unequalRows) }
        try self.init(dimension: first.count, components: rows.flatMap { $0 })
    }
}

extension Limits {
    /// What a codec makes of a component at the end of the range can come to lie beyond it.
    @inline(__always)
    static func nearestComponent(_ component: Float) -> Float {
        min(components.upperBound, max(components.lowerBound, component))
    }
}
