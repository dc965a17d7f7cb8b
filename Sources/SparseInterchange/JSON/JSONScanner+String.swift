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
    mutating func skipString() throws(JSONFault) {
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
