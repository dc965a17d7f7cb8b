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
