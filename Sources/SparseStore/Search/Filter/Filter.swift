public import SparseFormat

/// A condition on documents for a search, a count, or a removal. It combines attributes, tags, identifiers, and terms.
///
///     .attribute("price").between(5, 10) && .tag("news") && !(.tag("draft") || .ids(hidden))
///
/// Documents are filtered before they are scored, so a filtered search returns as many hits as an unfiltered one if
/// enough documents match.
public indirect enum Filter: Sendable, Hashable {
    /// Matches documents that have the tag, compared by its bytes.
    case tag(String)
    /// Matches documents with one of these identifiers, compared by their bytes, in any order. Identifiers of missing
    /// documents are ignored. This is a list, because a `Set<String>` would merge canonically equivalent strings.
    case ids([String])
    /// Matches documents whose identifier begins with these bytes.
    case idPrefix(String)
    /// Matches documents that contain the term: a string or, in a store with numeric terms, its number in decimal
    /// digits. An unknown term matches no document.
    case term(String)
    /// Matches documents whose attribute fulfills the condition. Usually written as `.attribute("year") >= 2020`.
    case condition(Attribute, Attribute.Condition)
    /// Matches documents that match all of these filters; every document if the list is empty.
    case all([Filter])
    /// Matches documents that match at least one of these filters; no document if the list is empty.
    case any([Filter])
    /// Matches documents that do not match the other filter.
    case not(Filter)

    /// Returns an attribute to compare: `.attribute("price").between(5, 10)`.
    public static func attribute(_ name: String) -> Attribute { Attribute(name) }

    /// Returns a filter that matches documents that match both filters.
    public static func && (left: Filter, right: Filter) -> Filter {
        if case .all(let parts) = left { return .all(parts + [right]) }
        return .all([left, right])
    }

    /// Returns a filter that matches documents that match at least one of the two filters.
    public static func || (left: Filter, right: Filter) -> Filter {
        if case .any(let parts) = left { return .any(parts + [right]) }
        return .any([left, right])
    }

    /// Returns a filter that matches documents that do not match the filter.
    public static prefix func ! (filter: Filter) -> Filter { .not(filter) }

    /// Parses a filter from text.
    ///
    ///     year >= 2020 AND lang IN (de, en) AND NOT tag:draft AND term:swift AND price BETWEEN 1 AND 5
    ///
    /// Attributes are compared with `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN (a, b)`, and `BETWEEN a AND b`; `EXISTS name`
    /// matches any value. Values are written without quotes, dates as `2024-01-31` or `2024-01-31T12:00:00Z`.
    /// `tag:NAME`, `id:NAME`, `id:PREFIX*`, and `term:NAME` match tags, identifiers, and terms. NOT binds tighter than
    /// AND, and AND tighter than OR. Keywords are case-insensitive. A name or a value with spaces, parentheses, commas,
    /// quotes, or comparison operators must be in double quotes, where a backslash escapes a quote or a backslash:
    /// `tag:"to do"`.
    ///
    /// - Throws: `invalidArgument` with the 1-based character position of a syntax error; `limitExceeded` for a text
    ///   that exceeds `Limits.maximumFilterParts`, `Limits.maximumFilterIdentifiers`, or `Limits.maximumFilterDepth`.
    public static func parse(_ text: String) throws(SparseStoreError) -> Filter {
        var parser = FilterParser(text)
        let filter = try parser.parse()
        try filter.check()
        return filter
    }
}

// Tags and identifiers are bytes in a store, so that filters are equal when these are.
extension Filter {
    /// Returns whether both filters have the same structure, with tags and identifiers compared by their bytes.
    public static func == (a: Filter, b: Filter) -> Bool {
        switch (a, b) {
        case (.tag(let a), .tag(let b)): TextKey(a) == TextKey(b)
        case (.ids(let a), .ids(let b)): a.elementsEqual(b) { TextKey($0) == TextKey($1) }
        case (.all(let a), .all(let b)), (.any(let a), .any(let b)): a == b
        case (.not(let a), .not(let b)): a == b
        case (.idPrefix(let a), .idPrefix(let b)), (.term(let a), .term(let b)): TextKey(a) == TextKey(b)
        case (.condition(let a, let ours), .condition(let b, let theirs)):
            TextKey(a.name) == TextKey(b.name) && ours.isSame(as: theirs)
        default: false
        }
    }

    /// Hashes the kind of the filter and its parts.
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
        case .idPrefix(let prefix):
            hasher.combine(5)
            hasher.combine(TextKey(prefix))
        case .term(let term):
            hasher.combine(6)
            hasher.combine(TextKey(term))
        case .condition(let attribute, _):
            hasher.combine(7)
            hasher.combine(TextKey(attribute.name))
        }
    }
}

extension Attribute.Condition {
    /// Returns whether both conditions are the same, with strings compared by their bytes.
    fileprivate func isSame(as other: Attribute.Condition) -> Bool {
        func areSame(_ a: Attribute.End?, _ b: Attribute.End?) -> Bool {
            guard let a, let b else { return a == nil && b == nil }
            return a.isIncluded == b.isIncluded && a.value.isSame(as: b.value)
        }
        switch (self, other) {
        case (.exists, .exists): return true
        case (.isIn(let a), .isIn(let b)): return a.elementsEqual(b) { $0.isSame(as: $1) }
        case (.isBetween(let a, let b), .isBetween(let c, let d)): return areSame(a, c) && areSame(b, d)
        default: return false
        }
    }
}

/// A named attribute to compare in a ``Filter``.
///
/// A comparison matches documents whose value fulfills it. If the value is a list, one element must fulfill it. A
/// document without the attribute fulfills no comparison except `!=`, which is the negation of `==`. Strings are
/// compared by their bytes. A string that is compared with an attribute of another type is converted to that type:
/// `.attribute("day") >= "2024-01-31"`.
public struct Attribute: Sendable, Hashable {
    /// The name of the attribute.
    public let name: String

    /// Creates an attribute with a name.
    public init(_ name: String) { self.name = name }

    /// Returns an attribute as the left side of a comparison: `.attribute("year") >= 2020`.
    public static func attribute(_ name: String) -> Attribute { Attribute(name) }

    /// A condition on the value of an attribute.
    public enum Condition: Sendable, Hashable {
        /// The attribute has a value.
        case exists
        /// The value is one of these.
        case isIn([AttributeValue])
        /// The value lies between two ends, each inclusive or exclusive; nil means unbounded.
        case isBetween(End?, End?)
    }

    /// An end of a range.
    public struct End: Sendable, Hashable {
        /// The value at the end.
        public var value: AttributeValue
        /// Whether the range includes the value itself.
        public var isIncluded: Bool

        /// Creates an end of a range.
        public init(_ value: AttributeValue, isIncluded: Bool) {
            self.value = value
            self.isIncluded = isIncluded
        }
    }

    /// A filter that matches documents that have the attribute.
    public var exists: Filter { .condition(self, .exists) }

    /// Returns a filter that matches documents whose value is one of these, at most `Limits.maximumFilterIdentifiers`.
    public func isIn(_ values: [AttributeValue]) -> Filter { .condition(self, .isIn(values)) }

    /// Returns a filter that matches documents whose value lies between two others, inclusive.
    public func between(_ low: AttributeValue, _ high: AttributeValue) -> Filter {
        .condition(self, .isBetween(End(low, isIncluded: true), End(high, isIncluded: true)))
    }

    /// Returns a filter that matches documents with this value.
    public static func == (left: Attribute, right: AttributeValue) -> Filter { left.isIn([right]) }

    /// Returns a filter that matches documents without this value.
    public static func != (left: Attribute, right: AttributeValue) -> Filter { .not(left == right) }

    /// Returns a filter that matches documents whose value is smaller than the given one.
    public static func < (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(nil, End(right, isIncluded: false)))
    }

    /// Returns a filter that matches documents with a smaller or equal value.
    public static func <= (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(nil, End(right, isIncluded: true)))
    }

    /// Returns a filter that matches documents with a larger value.
    public static func > (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(End(right, isIncluded: false), nil))
    }

    /// Returns a filter that matches documents with a larger or equal value.
    public static func >= (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(End(right, isIncluded: true), nil))
    }
}

extension Filter {
    private struct Tally {
        var parts = 0
        var identifiers = 0
    }

    /// Checks the limits of the filter before anything is looked up.
    func check() throws(SparseStoreError) {
        var tally = Tally()
        try count(&tally, depth: 1)
    }

    private func check(_ tally: Tally) throws(SparseStoreError) {
        guard tally.identifiers <= Limits.maximumFilterIdentifiers else {
            throw SparseStoreError(
                .limitExceeded,
                problem: "the filter has more than \(Limits.maximumFilterIdentifiers) identifiers and values",
                remedy: "tag the documents instead")
        }
    }

    private func count(_ tally: inout Tally, depth: Int) throws(SparseStoreError) {
        // First the depth: it bounds this recursion and every later one.
        guard depth <= Limits.maximumFilterDepth else {
            throw SparseStoreError(
                .limitExceeded, problem: "the filter is nested deeper than \(Limits.maximumFilterDepth) levels",
                remedy: "simplify it")
        }
        tally.parts += 1
        guard tally.parts <= Limits.maximumFilterParts else {
            throw SparseStoreError(
                .limitExceeded, problem: "the filter has more than \(Limits.maximumFilterParts) parts",
                remedy: "combine identifiers into one set")
        }
        switch self {
        case .tag(let tag):
            guard (1...Limits.maximumTagBytes).contains(tag.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "a tag in the filter has \(tag.utf8.count) bytes",
                    remedy: "use 1...\(Limits.maximumTagBytes)")
            }
        case .idPrefix(let prefix):
            guard (1...Limits.maximumIdentifierBytes).contains(prefix.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "an identifier prefix has \(prefix.utf8.count) bytes",
                    remedy: "use 1...\(Limits.maximumIdentifierBytes)")
            }
        case .term(let term):
            guard (1...Limits.maximumTermBytes).contains(term.utf8.count) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "a term of the filter has \(term.utf8.count) bytes",
                    remedy: "use 1...\(Limits.maximumTermBytes) bytes of UTF-8")
            }
        case .condition(_, .exists), .condition(_, .isBetween): break
        case .condition(_, .isIn(let values)):
            tally.identifiers += values.count
            try check(tally)
        case .ids(let ids):
            tally.identifiers += ids.count
            try check(tally)
        case .all(let parts), .any(let parts):
            for part in parts { try part.count(&tally, depth: depth + 1) }
        case .not(let part):
            try part.count(&tally, depth: depth + 1)
        }
    }
}
