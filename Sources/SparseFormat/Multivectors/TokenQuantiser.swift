/// Converts rows of floats to 8-bit integers with one scale: component = code * scale.
package enum TokenQuantiser {
    /// The largest code; the smallest is its negative.
    private static let largestCode: Float = 127
    /// Adding and subtracting this rounds a number smaller than 2^22 to the nearest integer, ties to even.
    private static let rounding: Float = 0x1.8p23

    /// Computes the scale of a row and the nearest codes. The scale is the row's largest magnitude divided by 127 (0
    /// for a row of zeros), or an adjacent float if codes times that float reproduce the row, so that decoded rows are
    /// encoded to the same bits.
    package static func quantise(_ row: ArraySlice<Float>) -> (scale: Float, codes: [Int8]) {
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
