internal import SparseStore

extension DocumentParser {
    /// Parses a vector in any supported form: `{"swift": 1.2}`; `[["swift", 1.2]]`, as decoded by SparseEncoder of
    /// sentence-transformers; or `{"indices": [3, 17], "values": [0.5, 1.2]}` for terms that are numbers.
    mutating func parseVector(_ scanner: inout JSONScanner) throws(JSONFault) -> Document.Content {
        if scanner.peek() == UInt8(ascii: "[") { return .terms(try parsePairs(&scanner)) }
        return try isByNumber(scanner) ? parseNumbers(&scanner) : .terms(parseTerms(&scanner))
    }

    /// Parses pairs of a term and its weight. Zeros are dropped, so there may be none.
    private mutating func parsePairs(_ scanner: inout JSONScanner) throws(JSONFault) -> [WeightedTerm] {
        lastDropped = 0
        terms.removeAll()
        var vector: [WeightedTerm] = []
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        if scanner.take(UInt8(ascii: "]")) { return vector }
        repeat {
            try scanner.expect(UInt8(ascii: "["), or: .expectedPair)
            _ = scanner.peek()
            let start = scanner.position
            let (term, hash) = try parseTerm(&scanner, or: .expectedPair)
            do throws(JSONFault) {
                try scanner.expect(UInt8(ascii: ","), or: .expectedPair)
                let weight = try parseWeight(&scanner, acceptingNegative: acceptingNegative)
                try scanner.expect(UInt8(ascii: "]"), or: .expectedPair)
                try append(WeightedTerm(term, weight), hash: hash, to: &vector, at: start)
            } catch {
                throw error.about(term: term)
            }
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        vector.removeAll { $0.weight == 0 }
        return vector
    }

    private mutating func parseTerm(
        _ scanner: inout JSONScanner, or reason: JSONFault.Reason
    ) throws(JSONFault) -> (term: String, hash: UInt64) {
        _ = scanner.peek()
        let start = scanner.position
        let name = try scanner.scanString(unescapingInto: &scratch, or: reason)
        let (term, hash) = scanner.withText(of: name, scratch: scratch) {
            (String(decoding: $0, as: UTF8.self), terms.hash($0))
        }
        guard (1...Limits.maximumTermBytes).contains(term.utf8.count) else { throw JSONFault(.termLength, at: start) }
        return (term, hash)
    }

    /// Adds a term that must not exist yet.
    private mutating func append(
        _ term: WeightedTerm, hash: UInt64, to vector: inout [WeightedTerm], at start: Int
    ) throws(JSONFault) {
        guard vector.count < Limits.maximumTermsPerVector else { throw JSONFault(.tooManyTerms, at: start) }
        vector.append(term)
        guard terms.insert(hash, at: vector.count - 1, of: vector) else { throw JSONFault(.duplicateTerm, at: start) }
    }

    /// Parses weights by term. Zeros are dropped, so there may be none.
    mutating func parseTerms(_ scanner: inout JSONScanner) throws(JSONFault) -> [WeightedTerm] {
        lastDropped = 0
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        var vector: [WeightedTerm] = []
        if scanner.take(UInt8(ascii: "}")) { return vector }
        vector.reserveCapacity(lastCount)
        terms.removeAll()
        repeat {
            _ = scanner.peek()
            let start = scanner.position
            let (term, hash) = try parseTerm(&scanner, or: .expectedKey)
            do throws(JSONFault) {
                try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
                let weight = try parseWeight(&scanner, acceptingNegative: acceptingNegative)
                try append(WeightedTerm(term, weight), hash: hash, to: &vector, at: start)
            } catch {
                throw error.about(term: term)
            }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        lastCount = vector.count
        // Zeros are dropped at the end, so that a duplicate term is found even if one weight is zero.
        if vector.contains(where: { $0.weight == 0 }) { vector.removeAll { $0.weight == 0 } }
        return vector
    }

    /// Whether the object's first member is an array called 'indices' or 'values'. The weight of a term would be a
    /// number.
    private mutating func isByNumber(_ scanner: JSONScanner) -> Bool {
        var ahead = scanner
        guard ahead.take(UInt8(ascii: "{")), ahead.peek() == UInt8(ascii: "\""),
            let name = try? ahead.scanString(unescapingInto: &scratch),
            ahead.withText(of: name, scratch: scratch, { isName($0, "indices") || isName($0, "values") }),
            ahead.take(UInt8(ascii: ":"))
        else { return false }
        return ahead.peek() == UInt8(ascii: "[")
    }

    private func isName(_ text: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        text.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private mutating func parseNumbers(_ scanner: inout JSONScanner) throws(JSONFault) -> Document.Content {
        lastDropped = 0
        _ = scanner.peek()
        let vectorStart = scanner.position
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        var indices: [TermID]?
        var values: [Float]?
        repeat {
            _ = scanner.peek()
            let start = scanner.position
            let name = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let (isIndices, isValues) = scanner.withText(of: name, scratch: scratch) {
                (isName($0, "indices"), isName($0, "values"))
            }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            if isIndices {
                guard indices == nil else { throw JSONFault(.duplicateKey, at: start) }
                indices = try parseArray(&scanner) { parser, scanner throws(JSONFault) in
                    try parser.parseIndex(&scanner)
                }
            } else if isValues {
                guard values == nil else { throw JSONFault(.duplicateKey, at: start) }
                values = try parseArray(&scanner) { parser, scanner throws(JSONFault) in
                    try parser.parseWeight(&scanner, acceptingNegative: parser.acceptingNegative)
                }
            } else {
                guard !rules.isStrict else { throw JSONFault(.unknownField, at: start) }
                try scanner.skipValue()
            }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        guard let indices, let values, indices.count == values.count else {
            throw JSONFault(.unequalVector, at: vectorStart)
        }
        let order = indices.indices.sorted { indices[$0] < indices[$1] }
        if let repeated = zip(order, order.dropFirst()).first(where: { indices[$0] == indices[$1] })?.0 {
            throw JSONFault(.duplicateTerm, at: vectorStart).about(term: String(indices[repeated]))
        }
        let kept = order.filter { values[$0] != 0 }
        // A vector has no weight below zero; by the digits of their numbers, terms may.
        if kept.contains(where: { values[$0] < 0 }) {
            return .terms(kept.map { WeightedTerm(String(indices[$0]), values[$0]) })
        }
        // Only an empty vector is left as a possible error.
        let vector = try? SparseVector(terms: kept.map { indices[$0] }, weights: kept.map { values[$0] })
        return vector.map { .vector($0) } ?? .terms([])
    }

    private mutating func parseArray<Element>(
        _ scanner: inout JSONScanner,
        _ element: (inout DocumentParser, inout JSONScanner) throws(JSONFault) -> Element
    ) throws(JSONFault) -> [Element] {
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        var elements: [Element] = []
        if scanner.take(UInt8(ascii: "]")) { return elements }
        repeat {
            guard elements.count < Limits.maximumTermsPerVector else {
                throw JSONFault(.tooManyTerms, at: scanner.position)
            }
            elements.append(try element(&self, &scanner))
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        return elements
    }

    private func parseIndex(_ scanner: inout JSONScanner) throws(JSONFault) -> TermID {
        _ = scanner.peek()
        let start = scanner.position
        let token = try scanner.scanNumber()
        guard token.isInteger, !token.isNegative, let index = token.mantissa.flatMap(TermID.init(exactly:)) else {
            throw JSONFault(.invalidIndex, at: start)
        }
        return index
    }

    /// Parses a weight that was written as a string, `"1.2"`.
    private mutating func parseText(_ scanner: inout JSONScanner) throws(JSONFault) -> Float {
        let start = scanner.position
        let token = try scanner.scanString(unescapingInto: &scratch)
        return try scanner.withText(of: token, scratch: scratch) { text -> Result<Float, JSONFault> in
            var number = JSONScanner(text)
            do throws(JSONFault) {
                let weight = try number.scanFloat()
                try number.expectEnd()
                return .success(weight)
            } catch {
                return .failure(JSONFault(.malformedNumber, at: start))
            }
        }.get()
    }

    /// Returns a valid weight, or zero, which also replaces a bad weight if these are left out.
    private mutating func parseWeight(
        _ scanner: inout JSONScanner, acceptingNegative: Bool
    ) throws(JSONFault) -> Float {
        _ = scanner.peek()
        let start = scanner.position
        do throws(JSONFault) {
            if scanner.takeNonFinite() { throw JSONFault(.weightNotFinite, at: start) }
            let isText = scanner.peek() == UInt8(ascii: "\"")
            guard !rules.isStrict || !isText else { throw JSONFault(.textWeight, at: start) }
            let weight = try isText ? parseText(&scanner) : scanner.scanFloat()
            guard weight >= 0 || acceptingNegative else { throw JSONFault(.negativeWeight, at: start) }
            guard weight == 0 || Limits.weights.contains(abs(weight)) else {
                throw JSONFault(.weightOutOfRange, at: start)
            }
            guard weight != 0 || !rules.isStrict else { throw JSONFault(.zeroWeight, at: start) }
            return weight
        } catch {
            // The scanner is after the weight then.
            guard rules.dropsBadWeights, error.concernsWeight || error.reason == .numberOverflow else { throw error }
            lastDropped += 1
            return 0
        }
    }
}
