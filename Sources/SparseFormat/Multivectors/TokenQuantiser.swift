/// Rows of floats as 8-bit integers with one scale: component = code * scale.
package enum TokenQuantiser {
    /// The largest code; the smallest is its negative.
    package static let largestCode: Float = 127

    /// The scale of a row: its largest magnitude divided by 127; 0 for a row of zeros.
    package static func scale(_ row: ArraySlice<Float>) -> Float {
        row.reduce(0) { max($0, $1.magnitude) } / largestCode
    }

    /// The nearest code, halves to even.
    @inline(__always)
    package static func code(_ component: Float, scale: Float) -> Int8 {
        guard scale > 0 else { return 0 }
        let code = (component / scale).rounded(.toNearestOrEven)
        return Int8(max(-largestCode, min(largestCode, code)))
    }
}
