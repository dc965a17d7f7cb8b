internal import SparseFormat

/// Parses the text of a filter by recursive descent. See ``Filter/parse(_:)``.
///
///     or        = and { "OR" and }
///     and       = unary { "AND" unary }
///     unary     = "NOT" unary | "(" or ")" | "EXISTS" word | ( "tag:" | "id:" | "term:" ) word | word condition
///     condition = ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ) word | [ "NOT" ] "IN" "(" word { "," word } ")"
///               | [ "NOT" ] "BETWEEN" word "AND" word | [ "NOT" ] "EXISTS"
struct FilterParser {
    private var tokens: FilterTokens
    private var depth = 0
    private var parts = 0
    private var values = 0

    init(_ text: String) { tokens = FilterTokens(text) }

    mutating func parse() throws(SparseStoreError) -> Filter {
        let filter = try or()
        let rest = try tokens.next()
        guard rest.kind == .end else { throw unexpected(rest, "AND, OR or the end") }
        return filter
    }

    private mutating func or() throws(SparseStoreError) -> Filter {
        var alternatives = [try and()]
        while try tokens.skip(.keyword(.or)) { alternatives.append(try and()) }
        return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    }

    private mutating func and() throws(SparseStoreError) -> Filter {
        var conditions = [try unary()]
        while try tokens.skip(.keyword(.and)) { conditions.append(try unary()) }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private mutating func unary() throws(SparseStoreError) -> Filter {
        let token = try tokens.next()
        switch token.kind {
        case .keyword(.not):
            return .not(try deeper(token) { parser throws(SparseStoreError) in try parser.unary() })
        case .open:
            return try deeper(token) { parser throws(SparseStoreError) in
                let filter = try parser.or()
                let close = try parser.tokens.next()
                guard close.kind == .close else { throw parser.unexpected(close, "AND, OR or a closing parenthesis") }
                return filter
            }
        case .keyword(.exists):
            let name = try word("the name of an attribute")
            return try leaf(.condition(Attribute(name), .exists), token)
        case .tag(let name): return try leaf(.tag(name), token)
        case .id(let name): return try leaf(.ids([name]), token)
        case .idPrefix(let prefix): return try leaf(.idPrefix(prefix), token)
        case .term(let name): return try leaf(.term(name), token)
        case .word(let name): return try leaf(try condition(Attribute(name)), token)
        default:
            throw unexpected(
                token, "the name of an attribute, tag:NAME, id:NAME, term:NAME, EXISTS, NOT or an opening parenthesis")
        }
    }

    private mutating func condition(_ attribute: Attribute) throws(SparseStoreError) -> Filter {
        let token = try tokens.next()
        switch token.kind {
        case .sign(let sign):
            let value = AttributeValue.string(try word("a value"))
            return switch sign {
            case .equal: attribute == value
            case .unequal: attribute != value
            case .less: attribute < value
            case .lessOrEqual: attribute <= value
            case .greater: attribute > value
            case .greaterOrEqual: attribute >= value
            }
        case .keyword(.isIn): return attribute.isIn(try list())
        case .keyword(.between):
            let low = try word("a value")
            let and = try tokens.next()
            guard and.kind == .keyword(.and) else { throw unexpected(and, "the AND of BETWEEN") }
            return attribute.between(.string(low), .string(try word("a value")))
        case .keyword(.exists): return attribute.exists
        case .keyword(.not):
            return .not(try deeper(token) { parser throws(SparseStoreError) in try parser.condition(attribute) })
        default: throw unexpected(token, "=, !=, <, <=, >, >=, IN, BETWEEN or EXISTS")
        }
    }

    private mutating func list() throws(SparseStoreError) -> [AttributeValue] {
        let open = try tokens.next()
        guard open.kind == .open else { throw unexpected(open, "the opening parenthesis of IN") }
        var list: [AttributeValue] = []
        while true {
            list.append(.string(try word("a value")))
            values += 1
            guard values <= Limits.maximumFilterIdentifiers else {
                throw tooLarge(
                    open, "more than \(Limits.maximumFilterIdentifiers) values", remedy: "tag the documents instead")
            }
            let token = try tokens.next()
            if token.kind == .close { return list }
            guard token.kind == .comma else { throw unexpected(token, "a comma or the closing parenthesis of IN") }
        }
    }

    private mutating func word(_ expected: String) throws(SparseStoreError) -> String {
        let token = try tokens.next(isValue: true)
        guard case .word(let text) = token.kind else { throw unexpected(token, expected) }
        return text
    }

    /// Counts a part while parsing, so that a long text costs no more than the limit allows.
    private mutating func leaf(_ filter: Filter, _ token: FilterTokens.Token) throws(SparseStoreError) -> Filter {
        parts += 1
        guard parts <= Limits.maximumFilterParts else {
            throw tooLarge(
                token, "more than \(Limits.maximumFilterParts) parts",
                remedy: "use IN for many values, or tag the documents")
        }
        return filter
    }

    private func tooLarge(_ token: FilterTokens.Token, _ problem: String, remedy: String) -> SparseStoreError {
        SparseStoreError(
            .limitExceeded, problem: "the filter, at character \(token.position): \(problem)", remedy: remedy
        )
        .about(position: token.position)
    }

    private mutating func deeper(
        _ token: FilterTokens.Token, _ body: (inout FilterParser) throws(SparseStoreError) -> Filter
    ) throws(SparseStoreError) -> Filter {
        guard depth < Limits.maximumFilterDepth else {
            throw tooLarge(token, "nested deeper than \(Limits.maximumFilterDepth) levels", remedy: "simplify it")
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private func unexpected(_ token: FilterTokens.Token, _ expected: String) -> SparseStoreError {
        FilterTokens.failure(token.position, "expected \(expected), found \(token.kind.name)")
    }
}

/// Splits the text of a filter into tokens.
struct FilterTokens {
    /// A token and its 1-based character position.
    struct Token {
        let kind: Kind
        let position: Int
    }

    /// A keyword, in any case.
    enum Keyword: String {
        case and
        case or
        case not
        case isIn = "in"
        case between
        case exists
    }

    /// A comparison operator.
    enum Sign: String {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// The kind of a token.
    enum Kind: Equatable {
        case keyword(Keyword)
        case sign(Sign)
        case open
        case close
        case comma
        case tag(String)
        case id(String)
        case idPrefix(String)
        case term(String)
        /// A name or a value.
        case word(String)
        case end

        /// The name of the kind for error messages. It never contains text of the caller.
        var name: String {
            switch self {
            case .keyword(let keyword): keyword.rawValue.uppercased()
            case .sign(let sign): sign.rawValue
            case .open: "an opening parenthesis"
            case .close: "a closing parenthesis"
            case .comma: "a comma"
            case .tag: "a tag"
            case .id, .idPrefix: "an identifier"
            case .term: "a term"
            case .word: "a name or a value"
            case .end: "the end"
            }
        }
    }

    private let characters: [Character]
    private var index = 0
    private var peeked: Token?

    init(_ text: String) { characters = Array(text) }

    static func failure(_ position: Int, _ problem: String, _ remedy: String? = nil) -> SparseStoreError {
        SparseStoreError(
            .invalidArgument, problem: "the filter, at character \(position): \(problem)", remedy: remedy
        ).about(position: position)
    }

    /// - Parameter isValue: Whether a value is expected, which may contain a colon and may be an unquoted keyword.
    mutating func next(isValue: Bool = false) throws(SparseStoreError) -> Token {
        if let token = peeked {
            peeked = nil
            return token
        }
        while index < characters.count, characters[index].isWhitespace { index += 1 }
        let position = index + 1
        guard index < characters.count else { return Token(kind: .end, position: position) }
        func token(_ kind: Kind, length: Int) -> Token {
            index += length
            return Token(kind: kind, position: position)
        }
        switch characters[index] {
        case "(": return token(.open, length: 1)
        case ")": return token(.close, length: 1)
        case ",": return token(.comma, length: 1)
        case "=", "!", "<", ">": return Token(kind: .sign(try sign()), position: position)
        default: return Token(kind: try word(isValue: isValue), position: position)
        }
    }

    /// Consumes the next token if it is of the given kind.
    mutating func skip(_ kind: Kind) throws(SparseStoreError) -> Bool {
        let token = try next()
        if token.kind == kind { return true }
        peeked = token
        return false
    }

    private mutating func sign() throws(SparseStoreError) -> Sign {
        let begin = index
        while index < characters.count, index < begin + 2, "=!<>".contains(characters[index]) { index += 1 }
        let text = String(characters[begin..<index])
        if text == "==" { return .equal }
        if text == "<>" { return .unequal }
        guard let sign = Sign(rawValue: text) else {
            throw Self.failure(begin + 1, "'\(text)' is not a comparison", "use =, !=, <, <=, > or >=")
        }
        return sign
    }

    private mutating func word(isValue: Bool) throws(SparseStoreError) -> Kind {
        if characters[index] == "\"" { return .word(try quoted(mayBeEmpty: isValue)) }
        let begin = index
        // A name after a colon is read on its own: it may be in quotes.
        while index < characters.count, !Self.endsName(characters[index]), isValue || characters[index] != ":" {
            index += 1
        }
        let word = String(characters[begin..<index])
        if !isValue, index < characters.count, characters[index] == ":" {
            index += 1
            switch word.lowercased() {
            case "tag": return .tag(try name())
            case "term": return .term(try name())
            case "id": return try identifier()
            default:
                throw Self.failure(
                    begin + 1, "a colon may only follow tag, id or term", "write an attribute as NAME = VALUE")
            }
        }
        if index < characters.count, characters[index] == "\"" {
            throw Self.failure(index + 1, "a quote is inside a word", "put quotes around the whole word")
        }
        if !isValue, let keyword = Keyword(rawValue: word.lowercased()) { return .keyword(keyword) }
        return .word(word)
    }

    private mutating func identifier() throws(SparseStoreError) -> Kind {
        let isQuoted = index < characters.count && characters[index] == "\""
        var name = try name()
        // An asterisk after the closing quote marks a prefix. Inside quotes it is an ordinary character.
        if isQuoted, index < characters.count, characters[index] == "*" {
            index += 1
            return .idPrefix(name)
        }
        if !isQuoted, name.count > 1, name.last == "*" {
            name.removeLast()
            return .idPrefix(name)
        }
        return .id(name)
    }

    private mutating func name() throws(SparseStoreError) -> String {
        let begin = index
        if index < characters.count, characters[index] == "\"" { return try quoted(mayBeEmpty: false) }
        while index < characters.count, !Self.endsLongName(characters[index]) { index += 1 }
        guard index > begin else { throw Self.failure(begin + 1, "expected a name directly after the colon") }
        if index < characters.count, characters[index] == "\"" {
            throw Self.failure(index + 1, "a quote is inside a name", "put quotes around the whole name")
        }
        return String(characters[begin..<index])
    }

    private mutating func quoted(mayBeEmpty: Bool) throws(SparseStoreError) -> String {
        let begin = index
        index += 1
        var name = ""
        while index < characters.count {
            let character = characters[index]
            index += 1
            if character == "\"" {
                guard mayBeEmpty || !name.isEmpty else { throw Self.failure(begin + 1, "the name is empty") }
                return name
            }
            guard character == "\\" else {
                name.append(character)
                continue
            }
            guard index < characters.count, characters[index] == "\"" || characters[index] == "\\" else {
                throw Self.failure(index, "a backslash may only precede a quote or a backslash")
            }
            name.append(characters[index])
            index += 1
        }
        throw Self.failure(begin + 1, "the quoted name has no closing quote")
    }

    /// Returns whether a character ends a name after a colon.
    private static func endsLongName(_ character: Character) -> Bool {
        character.isWhitespace || character == "(" || character == ")" || character == "\""
    }

    /// Returns whether a character ends any other word.
    private static func endsName(_ character: Character) -> Bool {
        endsLongName(character) || "=!<>,".contains(character)
    }
}
