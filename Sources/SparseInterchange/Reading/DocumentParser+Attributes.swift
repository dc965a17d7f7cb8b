public import SparseStore

extension DocumentParser {
    /// Parses the attributes of a document: an object of numbers, Booleans, strings, and lists of whole numbers or
    /// strings. Null and an empty list mean no value.
    ///
    /// - Parameters:
    ///   - dates: The names of attributes whose strings are dates, and whose whole numbers are microseconds since 1970.
    ///   - scratch: A buffer for strings with escapes.
    static func attributes(
        _ scanner: inout JSONScanner, dates: Set<String>, _ scratch: inout [UInt8]
    ) throws(JSONFault) -> [String: AttributeValue]? {
        if try scanner.takeNull() { return nil }
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        var attributes: [String: AttributeValue] = [:]
        if scanner.take(UInt8(ascii: "}")) { return attributes }
        var seen: Set<[UInt8]> = []
        repeat {
            _ = scanner.peek()
            let start = scanner.position
            let token = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let name = scanner.withText(of: token, scratch: scratch) { Array($0) }
            guard (1...Limits.maximumAttributeNameBytes).contains(name.count) else {
                throw JSONFault(.attributeName, at: start)
            }
            guard seen.insert(name).inserted else { throw JSONFault(.duplicateAttribute, at: start) }
            guard seen.count <= Limits.maximumAttributesPerDocument else {
                throw JSONFault(.tooManyAttributes, at: start)
            }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            let text = String(decoding: name, as: UTF8.self)
            guard let value = try value(&scanner, isDate: dates.contains(text), &scratch) else { continue }
            // In Swift's dictionary, different encodings of the same text are one key.
            guard attributes.updateValue(value, forKey: text) == nil else {
                throw JSONFault(.duplicateAttribute, at: start)
            }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        return attributes
    }

    private static func value(
        _ scanner: inout JSONScanner, isDate: Bool, _ scratch: inout [UInt8]
    ) throws(JSONFault) -> AttributeValue? {
        let next = scanner.peek()
        let start = scanner.position
        switch next {
        case UInt8(ascii: "n"):
            guard try scanner.takeNull() else { throw JSONFault(.attributeValue, at: start) }
            return nil
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            try scanner.skipValue()
            return .boolean(next == UInt8(ascii: "t"))
        case UInt8(ascii: "\""):
            let string = try string(&scanner, &scratch)
            guard isDate else { return .string(string) }
            guard let date = AttributeValue.date(rfc3339: string) else { throw JSONFault(.attributeDate, at: start) }
            return date
        case UInt8(ascii: "["): return try list(&scanner, &scratch)
        case UInt8(ascii: "{"): throw JSONFault(.attributeValue, at: start)
        default:
            let number = try number(&scanner)
            // Dates outside the years of RFC 3339 are written like this.
            if isDate, case .integer(let microseconds) = number { return .date(microseconds) }
            return number
        }
    }

    static func list(_ scanner: inout JSONScanner, _ scratch: inout [UInt8]) throws(JSONFault) -> AttributeValue? {
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        if scanner.take(UInt8(ascii: "]")) { return nil }
        var integers: [Int64] = []
        var strings: [String] = []
        repeat {
            let isString = scanner.peek() == UInt8(ascii: "\"")
            let start = scanner.position
            if isString {
                strings.append(try string(&scanner, &scratch))
            } else {
                guard case .integer(let integer) = try number(&scanner) else {
                    throw JSONFault(.attributeList, at: start)
                }
                integers.append(integer)
            }
            guard integers.isEmpty || strings.isEmpty else { throw JSONFault(.attributeList, at: start) }
            guard integers.count + strings.count <= Limits.maximumAttributeListCount else {
                throw JSONFault(.attributeListLength, at: start)
            }
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        return integers.isEmpty ? .strings(strings) : .integers(integers)
    }

    private static func string(_ scanner: inout JSONScanner, _ scratch: inout [UInt8]) throws(JSONFault) -> String {
        let start = scanner.position
        let token = try scanner.scanString(unescapingInto: &scratch)
        let string = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
        guard string.utf8.count <= Limits.maximumAttributeStringBytes else {
            throw JSONFault(.attributeString, at: start)
        }
        return string
    }

    private static func number(_ scanner: inout JSONScanner) throws(JSONFault) -> AttributeValue {
        let start = scanner.position
        let token = try scanner.scanNumber()
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: scanner.bytes[token.range]), as: UTF8.self)
        if token.isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw JSONFault(.attributeNumber, at: start) }
        return .number(number)
    }
}

/// Parses attribute values given as JSON outside a document, for example on a command line.
package enum AttributesText {
    /// Parses a list of whole numbers or of strings: `["a", "b"]`.
    ///
    /// - Throws: `invalidInput` for anything else, including an empty list.
    package static func list(_ text: String) throws(InterchangeError) -> AttributeValue {
        var scratch: [UInt8] = []
        let outcome = Array(text.utf8).withUnsafeBufferPointer { bytes in
            Result { () throws(JSONFault) -> AttributeValue? in
                var scanner = JSONScanner(bytes)
                let list = try DocumentParser.list(&scanner, &scratch)
                try scanner.expectEnd()
                return list
            }
        }
        guard case .success(let list?) = outcome else {
            throw InterchangeError(.invalidInput, "the list is not valid JSON; write it as [\"a\", \"b\"] or [1, 2]")
        }
        return list
    }
}
