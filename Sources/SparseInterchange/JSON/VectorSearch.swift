/// Finds a member of a JSON object that looks like a sparse vector, for the error message of a missing vector.
enum VectorSearch {
    /// The maximum depth of the search, and the maximum number of names in a path.
    private static let depth = 4
    /// The maximum length of a path in a message, in bytes.
    private static let longest = 100

    /// Returns the path of the first such member of the object at `scanner`, with names joined by dots; nil if there is
    /// none.
    static func path(_ scanner: inout JSONScanner) -> String? {
        guard let path = try? find(&scanner, depth: depth) else { return nil }
        let text = path.joined(separator: ".")
        return text.utf8.count <= longest && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
    }

    /// Nil if the object has no such member; the object has then been read to its end.
    private static func find(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) -> [String]? {
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if scanner.take(UInt8(ascii: "}")) { return nil }
        repeat {
            var scratch: [UInt8] = []
            let token = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let name = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            if isVector(scanner) { return [name] }
            if depth > 1, scanner.peek() == UInt8(ascii: "{") {
                if let path = try find(&scanner, depth: depth - 1) { return [name] + path }
            } else {
                try scanner.skipValue()
            }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        return nil
    }

    /// Whether a value begins with a term and a number, with a pair of them, or with `indices` or `values`.
    private static func isVector(_ scanner: JSONScanner) -> Bool {
        var (ahead, scratch) = (scanner, [UInt8]())
        let isPairs = ahead.take(UInt8(ascii: "["))
        guard isPairs ? ahead.take(UInt8(ascii: "[")) : ahead.take(UInt8(ascii: "{")),
            let name = try? ahead.scanString(unescapingInto: &scratch),
            ahead.take(isPairs ? UInt8(ascii: ",") : UInt8(ascii: ":"))
        else { return false }
        let isArray = ahead.withText(of: name, scratch: scratch) {
            $0.elementsEqual("indices".utf8) || $0.elementsEqual("values".utf8)
        }
        if isArray, ahead.peek() == UInt8(ascii: "[") { return true }
        return (try? ahead.scanNumber()) != nil
    }
}
