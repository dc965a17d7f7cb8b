internal import SparseStore

/// Parses one line of JSON into a document. It keeps its tables between lines, so that a line needs few allocations.
///
/// It is a struct, because every access to a table of a class would be checked for exclusivity at run time.
struct DocumentParser {
    /// The fields of a line that have been parsed so far.
    private struct Fields {
        var id: String?
        /// `_id` and `docid`, which are used if a document has no `id`.
        var otherID: String?
        /// The id for the document of the next line, from an action of an Elasticsearch bulk file.
        var action: String?
        var vector: Document.Content?
        var tags: [String]?
        var attributes: [String: AttributeValue]?
        var multivector: Multivector?
        var content: [UInt8]?
        var contents: [UInt8]?
        var binary: [UInt8]?
        var named: [UInt8]?
        /// One bit per field.
        var seen: UInt16 = 0

        func has(_ field: Field) -> Bool { seen & 1 << field.rawValue != 0 }
    }

    private enum Field: UInt16 {
        case id, otherID, action, vector, tags, attributes, multivector, content, contents, binary, named
    }

    private let payload: PayloadField
    private let payloadName: [UInt8]?
    private let paths: FieldPaths
    private let acceptingEmpty: Bool
    /// Whether weights by term may be negative, as in queries.
    let acceptingNegative: Bool
    /// Says what happens to bad weights and unknown fields.
    let rules: ReadingRules
    /// The number of weights left out of the documents so far.
    private(set) var droppedWeights = 0

    var scratch: [UInt8] = []
    var terms = TermSet()
    /// The number of terms of the last vector, and the number of weights left out of it.
    var lastCount = 64
    var lastDropped = 0

    private let dates: Set<String>

    /// The id for the document of the next line, from an action of an Elasticsearch bulk file.
    private var pendingID: String?

    /// - Parameter dates: The names of attributes whose strings are dates.
    init(
        payload: PayloadField, paths: FieldPaths = FieldPaths(), acceptingEmpty: Bool = false,
        acceptingNegative: Bool = false, rules: ReadingRules = ReadingRules(), dates: Set<String> = []
    ) {
        self.paths = paths
        self.dates = dates
        self.acceptingEmpty = acceptingEmpty
        self.acceptingNegative = acceptingNegative
        self.rules = rules
        self.payload = payload
        if case .named(let name) = payload { payloadName = Array(name.utf8) } else { payloadName = nil }
    }

    /// Returns the document of `line`; nil if the line is blank, or is an action of an Elasticsearch bulk file, which
    /// names the document of the next line.
    mutating func parse(_ line: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> Document? {
        let pending = pendingID
        if let invalid = UTF8Check.firstInvalid(in: line) {
            skipLine()
            throw JSONFault(.invalidUTF8, at: invalid).about(id: pending)
        }
        var fields = Fields()
        do throws(JSONFault) {
            return try parse(line, into: &fields, pending: pending)
        } catch {
            throw error.about(id: fields.id ?? fields.otherID ?? pending ?? laterID(line))
        }
    }

    /// Forgets the id of an action, because it only applies to the next line, even if that line is rejected or too
    /// long.
    mutating func skipLine() { pendingID = nil }

    private mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into fields: inout Fields, pending: String?
    ) throws(JSONFault) -> Document? {
        var scanner = JSONScanner(line)
        guard scanner.peek() != nil else { return nil }
        skipLine()
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                try parseMember(&scanner, into: &fields, at: Level(id: 0, vector: 0))
            } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        }
        try scanner.expectEnd()
        let named = fields.id ?? fields.otherID ?? pending
        if fields.vector == nil, let action = fields.action {
            pendingID = action
            return nil
        }
        if fields.vector == nil {
            let fault = missingVector(line, hasID: named != nil)
            // What looks like a vector under another name may be one, unless the caller has named the field.
            guard rules.acceptsEmptyVectors, fields.has(.vector) || fault.hint == nil || !paths.vector.isEmpty else {
                throw fault
            }
        }
        guard let id = named else { throw JSONFault(.missingID) }
        if case .terms(let terms) = fields.vector, terms.isEmpty {
            guard acceptingEmpty || rules.acceptsEmptyVectors else { throw .emptyVector }
            fields.vector = nil
        }
        let bytes: [UInt8]?
        switch payload {
        case .content:
            let text = fields.content ?? fields.contents
            guard text == nil || fields.binary == nil else { throw JSONFault(.twoPayloads) }
            bytes = text ?? fields.binary
        case .named: bytes = fields.named
        case .none: bytes = nil
        }
        droppedWeights += lastDropped
        var document = Document(
            id: id, payload: bytes, tags: fields.tags ?? [], attributes: fields.attributes ?? [:],
            multivector: fields.multivector)
        document.content = fields.vector
        return document
    }

    /// Returns the id of a line that was refused before its id was parsed, if it is at the top of the object and all
    /// before it is JSON.
    private mutating func laterID(_ line: UnsafeBufferPointer<UInt8>) -> String? {
        var scanner = JSONScanner(line)
        var found = Fields()
        do throws(JSONFault) {
            try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
            repeat {
                let name = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
                let known = scanner.withText(of: name, scratch: scratch) { field($0, at: Level(id: 0, vector: 0)) }
                try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
                switch known {
                case .id: return try parseID(&scanner)
                case .otherID: found.otherID = try parseID(&scanner)
                default: try scanner.skipValue()
                }
            } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        } catch {}
        return found.otherID
    }

    /// Parses the terms of a separate JSON object, as on a command line: `{"swift": 1.2}`.
    mutating func parseTerms(_ text: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> [WeightedTerm] {
        if let invalid = UTF8Check.firstInvalid(in: text) { throw JSONFault(.invalidUTF8, at: invalid) }
        var scanner = JSONScanner(text)
        let terms = try parseTerms(&scanner)
        try scanner.expectEnd()
        return terms
    }

    /// The number of names in the paths to the id and to the vector that lead to the current object; nil if the object
    /// is not on the path.
    private struct Level {
        var id: Int?
        var vector: Int?

        var isTop: Bool { id == 0 && vector == 0 }
    }

    private mutating func parseMember(
        _ scanner: inout JSONScanner, into fields: inout Fields, at level: Level
    ) throws(JSONFault) {
        _ = scanner.peek()
        let start = scanner.position
        let name = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
        let (known, inner) = scanner.withText(of: name, scratch: scratch) { (field($0, at: level), descend($0, level)) }
        try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
        guard let known else {
            guard let inner, scanner.peek() == UInt8(ascii: "{") else {
                guard !rules.isStrict else { throw JSONFault(.unknownField, at: start) }
                return try scanner.skipValue()
            }
            return try parseMembers(&scanner, into: &fields, at: inner)
        }
        guard !fields.has(known) else { throw JSONFault(.duplicateKey, at: start) }
        fields.seen |= 1 << known.rawValue
        switch known {
        case .id: fields.id = try parseID(&scanner)
        case .otherID: fields.otherID = try parseID(&scanner)
        case .action: fields.action = try parseAction(&scanner)
        case .vector:
            if rules.acceptsEmptyVectors, try scanner.takeNull() { return }
            do throws(JSONFault) {
                fields.vector = try parseVector(&scanner)
            } catch {
                var whole = JSONScanner(scanner.bytes.assumingMemoryBound(to: UInt8.self))
                guard error.reason == .expectedNumber, let path = VectorSearch.path(&whole), path != "vector" else {
                    throw error
                }
                throw JSONFault(error.reason, at: error.position, hint: "--vector-field \(path)")
            }
        case .tags: fields.tags = try parseTags(&scanner)
        case .attributes: fields.attributes = try Self.attributes(&scanner, dates: dates, &scratch)
        case .multivector: fields.multivector = try parseMultivector(&scanner)
        case .content: fields.content = try parsePayload(&scanner, or: .contentNotString)
        case .contents: fields.contents = try parsePayload(&scanner, or: .contentNotString)
        case .binary: fields.binary = try parseBase64(&scanner)
        case .named: fields.named = try parsePayload(&scanner, or: .payloadNotString)
        }
    }

    /// Parses the members of an object on the path to the id or to the vector. The caller determines the depth of
    /// paths.
    private mutating func parseMembers(
        _ scanner: inout JSONScanner, into fields: inout Fields, at level: Level
    ) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if scanner.take(UInt8(ascii: "}")) { return }
        repeat {
            try parseMember(&scanner, into: &fields, at: level)
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
    }

    /// Returns the level of the member `name`; nil if it is on neither path.
    private func descend(_ name: UnsafeBufferPointer<UInt8>, _ level: Level) -> Level? {
        func next(_ path: [[UInt8]], _ depth: Int?) -> Int? {
            guard let depth, depth + 1 < path.count, name.elementsEqual(path[depth]) else { return nil }
            return depth + 1
        }
        let inner = Level(id: next(paths.id, level.id), vector: next(paths.vector, level.vector))
        return inner.id == nil && inner.vector == nil ? nil : inner
    }

    private func field(_ name: UnsafeBufferPointer<UInt8>, at level: Level) -> Field? {
        func isName(_ text: StaticString) -> Bool {
            name.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        func ends(_ path: [[UInt8]], _ depth: Int?) -> Bool {
            depth.map { $0 + 1 == path.count && name.elementsEqual(path[$0]) } ?? false
        }
        if ends(paths.id, level.id) { return .id }
        if ends(paths.vector, level.vector) { return .vector }
        guard level.isTop else { return nil }
        // The caller only chooses the name of the payload field; reserved names keep their meaning.
        switch name.count {
        case 2 where paths.id.isEmpty && isName("id"): return .id
        case 3 where paths.id.isEmpty && isName("_id"): return .otherID
        case 5 where paths.id.isEmpty && isName("docid"): return .otherID
        case 5 where isName("index"): return .action
        case 6 where isName("create"): return .action
        case 6 where paths.vector.isEmpty && isName("vector"): return .vector
        case 4 where isName("tags"): return .tags
        case 10 where isName("attributes"): return .attributes
        case 11 where isName("multivector"): return .multivector
        default: break
        }
        switch payload {
        case .named: return payloadName.map { name.elementsEqual($0) } == true ? .named : nil
        case .content where isName("content"): return .content
        case .content where isName("contents"): return .contents
        case .content: return isName("payload_base64") ? .binary : nil
        case .none: return nil
        }
    }

    /// Returns the id in `{"_index": "i", "_id": "1"}`, the action of an Elasticsearch bulk file; nil for any other
    /// value, which is an unknown field.
    private mutating func parseAction(_ scanner: inout JSONScanner) throws(JSONFault) -> String? {
        guard scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skipValue()
            return nil
        }
        var id: String?
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if scanner.take(UInt8(ascii: "}")) { return nil }
        repeat {
            let name = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let isID = scanner.withText(of: name, scratch: scratch) { $0.elementsEqual("_id".utf8) }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            if isID, id == nil { id = try parseID(&scanner) } else { try scanner.skipValue() }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        return id
    }

    /// Returns the error for a line without a vector, with the path of a member that looks like one.
    private func missingVector(_ line: UnsafeBufferPointer<UInt8>, hasID: Bool) -> JSONFault {
        var scanner = JSONScanner(line)
        // A vector under another name, and no id: an object of vectors by id.
        guard hasID || VectorSearch.path(&scanner) == nil else {
            return JSONFault(.missingVector, hint: "jq -c 'to_entries[] | {id: .key, vector: .value}' on the input")
        }
        scanner = JSONScanner(line)
        return JSONFault(.missingVector, hint: VectorSearch.path(&scanner).map { "--vector-field \($0)" })
    }

    private mutating func parseID(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
        let next = scanner.peek()
        let start = scanner.position
        if next == UInt8(ascii: "\"") {
            let token = try scanner.scanString(unescapingInto: &scratch)
            let text = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
            guard (1...Limits.maximumIdentifierBytes).contains(text.utf8.count) else {
                throw JSONFault(.identifierLength, at: start)
            }
            return text
        }
        guard let next, next == UInt8(ascii: "-") || (0x30...0x39).contains(next) else {
            throw JSONFault(.invalidID, at: start)
        }
        let token = try scanner.scanNumber()
        // "-0" is a JSON integer, but it would be a second name of 0.
        guard token.isInteger, !(token.isNegative && token.mantissa == 0) else {
            throw JSONFault(.invalidID, at: start)
        }
        guard token.range.count <= Limits.maximumIdentifierBytes else { throw JSONFault(.identifierLength, at: start) }
        return String(decoding: UnsafeRawBufferPointer(rebasing: scanner.bytes[token.range]), as: UTF8.self)
    }

    private mutating func parsePayload(
        _ scanner: inout JSONScanner, or reason: JSONFault.Reason
    ) throws(JSONFault) -> [UInt8]? {
        if try scanner.takeNull() { return nil }
        let token = try scanner.scanString(unescapingInto: &scratch, or: reason)
        return scanner.withText(of: token, scratch: scratch) { Array($0) }
    }

    private mutating func parseBase64(_ scanner: inout JSONScanner) throws(JSONFault) -> [UInt8]? {
        if try scanner.takeNull() { return nil }
        let start = scanner.position
        let token = try scanner.scanString(unescapingInto: &scratch, or: .invalidBase64)
        guard let bytes = scanner.withText(of: token, scratch: scratch, Base64.decode) else {
            throw JSONFault(.invalidBase64, at: start)
        }
        return bytes
    }

    private mutating func parseTags(_ scanner: inout JSONScanner) throws(JSONFault) -> [String]? {
        if try scanner.takeNull() { return nil }
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        var tags: [String] = []
        if scanner.take(UInt8(ascii: "]")) { return tags }
        repeat {
            _ = scanner.peek()
            let start = scanner.position
            let token = try scanner.scanString(unescapingInto: &scratch, or: .tagNotString)
            let tag = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
            guard (1...Limits.maximumTagBytes).contains(tag.utf8.count) else { throw JSONFault(.tagLength, at: start) }
            guard tags.count < Limits.maximumTagsPerDocument else { throw JSONFault(.tooManyTags, at: start) }
            tags.append(tag)
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
        return tags
    }
}

extension DocumentParser {
    /// Parses `[[0.1, -0.2], [0.3, 0.4]]`, one row per token; nil for null.
    private func parseMultivector(_ scanner: inout JSONScanner) throws(JSONFault) -> Multivector? {
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
