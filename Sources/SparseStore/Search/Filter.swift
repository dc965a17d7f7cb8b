/// Which documents a search may find: by tags, by identifiers, and by any combination of these.
///
///     .tag("news") && !(.tag("draft") || .ids(hidden))
///
/// A filter is tested before a document is scored, so a filtered search finds as many hits as there are.
public indirect enum Filter: Sendable, Hashable {
    /// Documents that have the tag, compared byte for byte.
    case tag(String)
    /// Documents with one of these identifiers, compared byte for byte, in any order; identifiers that no document has
    /// count for nothing. A list and not a `Set<String>`, which would hold one of two spellings that Swift calls equal.
    case ids([String])
    /// Documents that all of these let through; every document when there are none.
    case all([Filter])
    /// Documents that at least one of these lets through; no document when there are none.
    case any([Filter])
    /// Documents that the other does not let through.
    case not(Filter)

    /// The most parts of a filter: each tag, set of identifiers, `all`, `any` and `not` is one.
    public static let maximumParts = 1_024
    /// The most identifiers of a filter, all its sets together.
    public static let maximumIdentifiers = 100_000
    /// How deep parts may lie inside each other, and parentheses in a filter's text.
    public static let maximumDepth = 64

    /// Documents that both let through.
    public static func && (left: Filter, right: Filter) -> Filter {
        if case .all(let parts) = left { return .all(parts + [right]) }
        return .all([left, right])
    }

    /// Documents that at least one of the two lets through.
    public static func || (left: Filter, right: Filter) -> Filter {
        if case .any(let parts) = left { return .any(parts + [right]) }
        return .any([left, right])
    }

    /// Documents that the filter does not let through.
    public static prefix func ! (filter: Filter) -> Filter { .not(filter) }

    /// Reads a filter from text: `tag:a AND NOT (tag:b OR id:c)`.
    ///
    /// NOT binds tighter than AND, AND tighter than OR; case does not matter. A name with blanks, parentheses or quotes
    /// is written in double quotes, where a backslash stands before a quote or a backslash: `tag:"to do"`.
    ///
    /// - Throws: `invalidArgument` with the position, counted in characters from 1, of what could not be read;
    ///   `limitExceeded` for a text of more than ``maximumParts``, ``maximumIdentifiers`` or ``maximumDepth``.
    public static func parse(_ text: String) throws(SparseStoreError) -> Filter {
        var parser = FilterParser(text)
        let filter = try parser.parse()
        try filter.check()
        return filter
    }
}

// Tags and identifiers are bytes in a store, so that filters are equal when these are.
extension Filter {
    /// Whether both are written alike, their tags and identifiers compared byte for byte.
    public static func == (a: Filter, b: Filter) -> Bool {
        switch (a, b) {
        case (.tag(let a), .tag(let b)): TextKey(a) == TextKey(b)
        case (.ids(let a), .ids(let b)): a.elementsEqual(b) { TextKey($0) == TextKey($1) }
        case (.all(let a), .all(let b)), (.any(let a), .any(let b)): a == b
        case (.not(let a), .not(let b)): a == b
        default: false
        }
    }

    /// Feeds the kind of the filter and its parts to the hasher.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .tag(let tag):
            hasher.combine(0)
            hasher.combine(TextKey(tag))
        case .ids(let ids):
            hasher.combine(1)
            for id in ids { hasher.combine(TextKey(id)) }
        case .all(let parts):
            hasher.combine(2)
            hasher.combine(parts)
        case .any(let parts):
            hasher.combine(3)
            hasher.combine(parts)
        case .not(let part):
            hasher.combine(4)
            hasher.combine(part)
        }
    }
}
