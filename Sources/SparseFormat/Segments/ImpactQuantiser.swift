/// Converts the weights of one list to 8-bit codes: code c represents c x maximum / 255, rounded to nearest, ties up.
package struct ImpactQuantiser: Sendable {
    /// The weight of one step of the code.
    package let scale: Float
    private let inverse: Float

    /// - Parameter maximum: The largest weight to encode, above 0.
    package init(maximum: Float) {
        scale = maximum / 255
        inverse = 255 / maximum
    }

    /// Returns the nearest code of a weight in 0...maximum.
    package func code(_ weight: Float) -> UInt8 {
        // Same as `rounded()`, which is a call into the C library.
        let code = min(255, weight * inverse)
        let whole = UInt8(code)
        return code - Float(whole) < 0.5 ? whole : whole &+ 1
    }
}
