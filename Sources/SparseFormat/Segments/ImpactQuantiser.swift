/// Weights of one list as 8-bit codes: code c stands for c x maximum / 255, rounded to the nearest, halves up.
package struct ImpactQuantiser: Sendable {
    /// What one step of the code is worth.
    package let scale: Float
    private let inverse: Float

    /// - Parameter maximum: the largest weight to be coded, > 0.
    package init(maximum: Float) {
        scale = maximum / 255
        inverse = 255 / maximum
    }

    /// The nearest code of a weight in 0...maximum.
    package func code(_ weight: Float) -> UInt8 {
        // As `rounded()` does it, which is a call into the C library.
        let code = min(255, weight * inverse)
        let whole = UInt8(code)
        return code - Float(whole) < 0.5 ? whole : whole &+ 1
    }
}
