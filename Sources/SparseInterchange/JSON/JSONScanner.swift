/// A strict scanner of the bytes of one JSON text, which the caller has checked to be UTF-8.
///
/// It builds no values: the caller asks for the next token it expects. Every access is within `0..<end`.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    let end: Int
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = UnsafeRawBufferPointer(bytes)
        end = bytes.count
    }

    /// Returns the next byte that is not white space, without consuming it; nil at the end.
    mutating func peek() -> UInt8? {
        while position < end {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return byte }
            position += 1
        }
        return nil
    }

    /// Consumes the byte `expected` after white space.
    mutating func expect(_ expected: UInt8, or reason: JSONFault.Reason) throws(JSONFault) {
        guard peek() == expected else { throw JSONFault(reason, at: position) }
        position += 1
    }

    /// Consumes the byte `candidate` after white space if it is next.
    mutating func take(_ candidate: UInt8) -> Bool {
        guard peek() == candidate else { return false }
        position += 1
        return true
    }

    /// Called after a member or an element: true if a comma follows, false if `close` ended the list.
    mutating func continues(until close: UInt8, or reason: JSONFault.Reason) throws(JSONFault) -> Bool {
        let byte = peek()
        guard byte == UInt8(ascii: ",") || byte == close else { throw JSONFault(reason, at: position) }
        position += 1
        return byte != close
    }

    /// Checks that only white space remains.
    mutating func expectEnd() throws(JSONFault) {
        guard peek() == nil else { throw JSONFault(.trailingBytes, at: position) }
    }

    /// Consumes the word `null` if it is next.
    mutating func takeNull() throws(JSONFault) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try skipWord("null")
        return true
    }

    /// Consumes one of the words that replace a missing number: `null`, and the words that Python's `json` and others
    /// write for NaN and the infinities.
    mutating func takeNonFinite() -> Bool {
        // Almost always a digit is next.
        guard let first = peek(),
            [UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "I"), UInt8(ascii: "-")]
                .contains(first)
        else { return false }
        let start = position
        _ = take(UInt8(ascii: "-"))
        for word in ["null", "NaN", "Infinity"] as [StaticString] where (try? skipWord(word)) != nil { return true }
        position = start
        return false
    }

    /// Skips one value of any kind.
    mutating func skipValue() throws(JSONFault) {
        var depth = 0
        // One bit per level, the innermost lowest: 1 in an object, 0 in an array. The width limits the nesting.
        var objects: UInt64 = 0
        while true {
            switch peek() {
            case UInt8(ascii: "{"):
                position += 1
                if !take(UInt8(ascii: "}")) {
                    guard depth < InterchangeLimits.nesting else { throw JSONFault(.tooDeep, at: position) }
                    depth += 1
                    objects = objects << 1 | 1
                    try skipName()
                    continue
                }
            case UInt8(ascii: "["):
                position += 1
                if !take(UInt8(ascii: "]")) {
                    guard depth < InterchangeLimits.nesting else { throw JSONFault(.tooDeep, at: position) }
                    depth += 1
                    objects <<= 1
                    continue
                }
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "t"): try skipWord("true")
            case UInt8(ascii: "f"): try skipWord("false")
            case UInt8(ascii: "n"): try skipWord("null")
            case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): _ = try scanNumber()
            default: throw JSONFault(.expectedValue, at: position)
            }
            // A value has ended: close the levels that end with it, until another value follows.
            while true {
                if depth == 0 { return }
                if objects & 1 == 1 {
                    if try continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace) {
                        try skipName()
                        break
                    }
                } else if try continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket) {
                    break
                }
                depth -= 1
                objects >>= 1
            }
        }
    }

    private mutating func skipName() throws(JSONFault) {
        guard peek() == UInt8(ascii: "\"") else { throw JSONFault(.expectedKey, at: position) }
        try skipString()
        try expect(UInt8(ascii: ":"), or: .expectedColon)
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONFault) {
        let count = word.utf8CodeUnitCount
        guard position + count <= end,
            bytes[position..<position + count].elementsEqual(
                UnsafeRawBufferPointer(start: word.utf8Start, count: count))
        else { throw JSONFault(.expectedValue, at: position) }
        position += count
    }
}

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

extension JSONScanner {
    /// A string of the line, or, if it has escapes, its unescaped text in the caller's scratch buffer.
    struct StringToken {
        /// The bytes of the line between the quotes.
        let range: Range<Int>
        /// Whether the text is in the scratch buffer instead.
        let isUnescaped: Bool
    }

    /// Reads a string. If it has escapes, `scratch` is overwritten with its text.
    mutating func scanString(
        unescapingInto scratch: inout [UInt8], or reason: JSONFault.Reason = .expectedString
    ) throws(JSONFault) -> StringToken {
        try expect(UInt8(ascii: "\""), or: reason)
        let start = position
        var plain = start
        var hasEscapes = false
        while true {
            let stop = special(from: position)
            guard stop < end else { throw JSONFault(.unterminatedString, at: start - 1) }
            position = stop
            switch bytes[stop] {
            case UInt8(ascii: "\""):
                position = stop + 1
                if hasEscapes { scratch.append(contentsOf: bytes[plain..<stop]) }
                return StringToken(range: start..<stop, isUnescaped: hasEscapes)
            case UInt8(ascii: "\\"):
                if !hasEscapes { scratch.removeAll(keepingCapacity: true) }
                hasEscapes = true
                scratch.append(contentsOf: bytes[plain..<stop])
                position = stop + 1
                try scanEscape(into: &scratch)
                plain = position
            default:
                throw JSONFault(.controlCharacter, at: stop)
            }
        }
    }

    /// Skips a string, with the same checks as `scanString`.
    private mutating func skipString() throws(JSONFault) {
        var sink: [UInt8] = []
        _ = try scanString(unescapingInto: &sink)
    }

    /// Runs `body` on the text of `token`.
    func withText<Value>(
        of token: StringToken, scratch: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Value
    ) -> Value {
        if token.isUnescaped { return scratch.withUnsafeBufferPointer(body) }
        return body(UnsafeRawBufferPointer(rebasing: bytes[token.range]).bindMemory(to: UInt8.self))
    }

    /// The index of the next quote, backslash or control character; `end` if there is none.
    private func special(from index: Int) -> Int {
        var index = index
        while index + 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found =
                Self.zeroBytes(word ^ 0x2222_2222_2222_2222)
                | Self.zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
                | (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080
            // A borrow may flag bytes above a true match, never below it, so the lowest is correct.
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return index }
            index += 1
        }
        return end
    }

    /// The high bit of every byte of `word` that is zero (and perhaps of some above the lowest such byte).
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// Reads the characters after a backslash.
    private mutating func scanEscape(into scratch: inout [UInt8]) throws(JSONFault) {
        let start = position - 1
        guard position < end else { throw JSONFault(.unterminatedString, at: start) }
        let kind = bytes[position]
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(kind)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            var code = try scanHex(escapeStart: start)
            if (0xD800...0xDBFF).contains(code) {
                guard position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw JSONFault(.loneSurrogate, at: start) }
                position += 2
                let low = try scanHex(escapeStart: position - 2)
                guard (0xDC00...0xDFFF).contains(low) else { throw JSONFault(.loneSurrogate, at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONFault(.loneSurrogate, at: start) }
            scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw JSONFault(.badEscape, at: start)
        }
    }

    private mutating func scanHex(escapeStart: Int) throws(JSONFault) -> UInt32 {
        guard position + 4 <= end else { throw JSONFault(.badEscape, at: escapeStart) }
        var value: UInt32 = 0
        for index in position..<position + 4 {
            let digit: UInt8
            switch bytes[index] {
            case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
            case let byte where (0x41...0x46).contains(byte): digit = byte - 0x41 + 10
            case let byte where (0x61...0x66).contains(byte): digit = byte - 0x61 + 10
            default: throw JSONFault(.badEscape, at: escapeStart)
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}

/// Validates UTF-8, eight bytes at a time if they are ASCII.
enum UTF8Check {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Returns the index of the first byte that is not part of well-formed UTF-8; nil if all are.
    static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while index < raw.count {
            if index + 8 <= raw.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & highBits == 0 {
                index += 8
            } else if raw[index] < 0x80 {
                index += 1
            } else {
                let length = sequenceLength(raw, index)
                if length == 0 { return index }
                index += length
            }
        }
        return nil
    }

    /// Returns the length of the well-formed sequence of two to four bytes at `index`, or 0 (the table of Unicode 3-7).
    private static func sequenceLength(_ raw: UnsafeRawBufferPointer, _ index: Int) -> Int {
        let lead = raw[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard index + length <= raw.count, second.contains(raw[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where raw[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
