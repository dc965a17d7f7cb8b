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
