internal import SparseStore

extension DocumentParser {
    /// Parses `[[0.1, -0.2], [0.3, 0.4]]`, one row per token; nil for null.
    func parseMultivector(_ scanner: inout JSONScanner) throws(JSONFault) -> Multivector? {
        if try scanner.takeNull() { return nil }
        _ = scanner.peek()
        let start = scanner.position
        var components: [Float] = []
        var dimension: Int?
        var tokens = 0
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        if scanner.take(UInt8(ascii: "]")) { throw JSONFault(.noTokens, at: start) }
        repeat {
            guard tokens < Limits.maximumTokensPerMultivector else {
                throw JSONFault(.tooManyTokens, at: scanner.position)
            }
            let length = try parseToken(&scanner, into: &components)
            guard length == dimension ?? length else { throw JSONFault(.unequalTokens, at: scanner.position) }
            dimension = length
            tokens += 1
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        // Every rule has been checked above.
        return try? Multivector(dimension: dimension ?? 0, components: components)
    }

    /// Appends one token's components. Returns their number.
    private func parseToken(_ scanner: inout JSONScanner, into components: inout [Float]) throws(JSONFault) -> Int {
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        if scanner.take(UInt8(ascii: "]")) { throw JSONFault(.noTokens, at: scanner.position) }
        var length = 0
        repeat {
            _ = scanner.peek()
            let start = scanner.position
            guard length < Limits.maximumDimension else { throw JSONFault(.dimension, at: start) }
            let component = try scanner.scanFloat()
            guard Limits.components.contains(component) else { throw JSONFault(.componentOutOfRange, at: start) }
            components.append(component)
            length += 1
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        return length
    }
}
