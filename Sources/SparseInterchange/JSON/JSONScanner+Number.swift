extension JSONScanner {
    /// The parts of a number in the line.
    struct NumberToken {
        /// The bytes of the line.
        let range: Range<Int>
        let isNegative: Bool
        let isInteger: Bool
        /// The digits as one integer if there are at most 19; otherwise nil.
        let mantissa: UInt64?
        /// The power of ten by which the mantissa must be multiplied.
        let exponent: Int
    }

    /// Reads a number in the grammar of RFC 8259.
    mutating func scanNumber() throws(JSONFault) -> NumberToken {
        guard peek() != nil else { throw JSONFault(.expectedNumber, at: position) }
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        var mantissa: UInt64 = 0
        var digits = 0
        let integerStart = position
        scanDigits(&mantissa, &digits)
        let integerDigits = position - integerStart
        guard integerDigits > 0 else {
            throw JSONFault(isNegative ? .malformedNumber : .expectedNumber, at: start)
        }
        guard integerDigits == 1 || bytes[integerStart] != UInt8(ascii: "0") else {
            throw JSONFault(.malformedNumber, at: start)
        }
        var exponent = 0
        var isInteger = true
        if position < end, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            let fractionStart = position
            scanDigits(&mantissa, &digits)
            exponent = fractionStart - position
            guard exponent < 0 else { throw JSONFault(.malformedNumber, at: start) }
        }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            exponent += try scanExponent(numberStart: start)
        }
        guard position - start <= InterchangeLimits.numberBytes else { throw JSONFault(.numberTooLong, at: start) }
        return NumberToken(
            range: start..<position, isNegative: isNegative, isInteger: isInteger,
            mantissa: digits <= 19 ? mantissa : nil, exponent: exponent)
    }

    /// Reads a number and rounds it to the nearest Float, ties to even, exactly as `Float(String)` does.
    mutating func scanFloat() throws(JSONFault) -> Float {
        let token = try scanNumber()
        let magnitude = Self.fastFloat(token) ?? slowFloat(token)
        guard magnitude.isFinite else { throw JSONFault(.numberOverflow, at: token.range.lowerBound) }
        return token.isNegative ? -magnitude : magnitude
    }

    /// Reads digits into `mantissa` and counts the significant ones. After 19 digits the mantissa is not used.
    private mutating func scanDigits(_ mantissa: inout UInt64, _ digits: inout Int) {
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            if digits > 0 || digit > 0 { digits += 1 }
            position += 1
        }
    }

    private mutating func scanExponent(numberStart: Int) throws(JSONFault) -> Int {
        var isNegative = false
        if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        let digitsStart = position
        var value = 0
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            // Clamped far outside the range of every Float, where more digits change nothing.
            value = min(value * 10 + Int(digit), 1_000_000)
            position += 1
        }
        guard position > digitsStart else { throw JSONFault(.malformedNumber, at: numberStart) }
        return isNegative ? -value : value
    }

    /// Returns the magnitude by one exact operation if that rounds correctly; nil if it might not.
    private static func fastFloat(_ token: NumberToken) -> Float? {
        guard let mantissa = token.mantissa else { return nil }
        if mantissa == 0 { return 0 }
        let exponent = token.exponent
        // Both operands are exact in a Float, so IEEE 754 rounds the result once.
        if mantissa <= 1 << 24, abs(exponent) <= 10 {
            let value = Float(mantissa)
            return exponent < 0 ? value / floatPowers[-exponent] : value * floatPowers[exponent]
        }
        // The same in a Double, which is then rounded a second time. That is wrong only if the Double is exactly midway
        // between two Floats; a subnormal Float has different midpoints and takes the slow path.
        guard mantissa <= 1 << 53, abs(exponent) <= 22 else { return nil }
        let value = Double(mantissa)
        let double = exponent < 0 ? value / doublePowers[-exponent] : value * doublePowers[exponent]
        guard double.bitPattern & 0x1FFF_FFFF != 0x1000_0000, double >= Double(Float.leastNormalMagnitude) else {
            return nil
        }
        return Float(double)
    }

    private func slowFloat(_ token: NumberToken) -> Float {
        let digits = token.isNegative ? token.range.dropFirst() : token.range[...]
        let text = String(
            decoding: UnsafeRawBufferPointer(rebasing: bytes[digits.startIndex..<digits.endIndex]), as: UTF8.self)
        // The grammar has been checked, so the result is not nil; the caller refuses infinity.
        return Float(text) ?? .infinity
    }

    private static let floatPowers: [Float] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
    private static let doublePowers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
