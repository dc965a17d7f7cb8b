/// Rows of floats as 8-bit integers with one scale: component = code * scale.
package enum TokenQuantiser {
    /// The largest code; the smallest is its negative.
    private static let largestCode: Float = 127
    /// Added and taken away again, it leaves the nearest integer, halves to even, of what is smaller than 2^22.
    private static let rounding: Float = 0x1.8p23

    /// The scale of a row and the nearest codes. The scale is the row's largest magnitude divided by 127 (0 for a row of
    /// zeros), or a float next to that if codes times this one are the row itself: what was decoded from codes is encoded
    /// to the same bits.
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
        // Division by a subnormal scale may come out a little over 127.
        let quotient = max(-largestCode, min(largestCode, component / scale))
        return Int8(truncatingIfNeeded: Int32(quotient + rounding - rounding))
    }
}
