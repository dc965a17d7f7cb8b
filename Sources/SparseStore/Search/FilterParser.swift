/// Reads a filter's text by recursive descent. See ``Filter/parse(_:)``.
///
///     or    = and { "OR" and }
///     and   = unary { "AND" unary }
///     unary = "NOT" unary | "(" or ")" | ( "tag:" | "id:" ) name
struct FilterParser {
    private var tokens: FilterTokens
    private var depth = 0
    private var parts = 0

    init(_ text: String) { tokens = FilterTokens(text) }

    mutating func parse() throws(SparseStoreError) -> Filter {
        let filter = try or()
        let rest = try tokens.next()
        guard rest.kind == .end else { throw unexpected(rest, "AND, OR or the end") }
        return filter
    }

    private mutating func or() throws(SparseStoreError) -> Filter {
        var alternatives = [try and()]
        while try tokens.skip(.or) { alternatives.append(try and()) }
        return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    }

    private mutating func and() throws(SparseStoreError) -> Filter {
        var conditions = [try unary()]
        while try tokens.skip(.and) { conditions.append(try unary()) }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private mutating func unary() throws(SparseStoreError) -> Filter {
        let token = try tokens.next()
        switch token.kind {
        case .not:
            return .not(try deeper(token) { parser throws(SparseStoreError) in try parser.unary() })
        case .open:
            return try deeper(token) { parser throws(SparseStoreError) in
                let filter = try parser.or()
                let close = try parser.tokens.next()
                guard close.kind == .close else { throw parser.unexpected(close, "AND, OR or a closing parenthesis") }
                return filter
            }
        case .tag(let name): return try leaf(.tag(name), token)
        case .id(let name): return try leaf(.ids([name]), token)
        case .and, .or, .close, .end: throw unexpected(token, "tag:NAME, id:NAME, NOT or an opening parenthesis")
        }
    }

    /// Counts while it reads, so that a long text costs no more than the limit allows.
    private mutating func leaf(_ filter: Filter, _ token: FilterTokens.Token) throws(SparseStoreError) -> Filter {
        parts += 1
        guard parts <= Filter.maximumParts else {
            throw SparseStoreError(
                .limitExceeded,
                "the filter, at character \(token.position): more than \(Filter.maximumParts) tags and identifiers"
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
                "the filter, at character \(token.position): nested deeper than \(Filter.maximumDepth)"
            )
            .about(position: token.position)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private func unexpected(_ token: FilterTokens.Token, _ expected: String) -> SparseStoreError {
        FilterTokens.failure(token.position, "\(token.kind.name) stands where \(expected) is expected")
    }
}
