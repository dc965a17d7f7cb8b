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
            guard values <= Filter.maximumIdentifiers else {
                throw SparseStoreError(
                    .limitExceeded,
                    "the filter, at character \(open.position): more than \(Filter.maximumIdentifiers) values; "
                        + "tag the documents instead"
                )
                .about(position: open.position)
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
        guard parts <= Filter.maximumParts else {
            throw SparseStoreError(
                .limitExceeded,
                "the filter, at character \(token.position): more than \(Filter.maximumParts) parts; use IN for many "
                    + "values, or tag the documents"
            )
            .about(position: token.position)
        }
        return filter
    }

    private mutating func deeper(
        _ token: FilterTokens.Token, _ body: (inout FilterParser) throws(SparseStoreError) -> Filter
    ) throws(SparseStoreError) -> Filter {
        guard depth < Filter.maximumDepth else {
            throw SparseStoreError(
                .limitExceeded,
                "the filter, at character \(token.position): nested deeper than \(Filter.maximumDepth) levels"
            )
            .about(position: token.position)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private func unexpected(_ token: FilterTokens.Token, _ expected: String) -> SparseStoreError {
        FilterTokens.failure(token.position, "expected \(expected), found \(token.kind.name)")
    }
}
