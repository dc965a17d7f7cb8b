public import SparseFormat

/// Which documents a search, a count or a removal is about: by attributes, tags, identifiers and terms, and by any
/// combination of these.
///
///     .attribute("price").between(5, 10) && .tag("news") && !(.tag("draft") || .ids(hidden))
///
/// A filter is tested before a document is scored, so a filtered search finds as many hits as there are.
public indirect enum Filter: Sendable, Hashable {
    /// Documents that have the tag, compared byte for byte.
    case tag(String)
    /// Documents with one of these identifiers, compared byte for byte, in any order; identifiers that no document has
    /// count for nothing. A list and not a `Set<String>`, which would hold one of two spellings that Swift calls equal.
    case ids([String])
    /// Documents whose identifier begins with these bytes.
    case idPrefix(String)
    /// Documents that contain the term: a string or, in a store whose terms are numbers, its number in decimal digits.
    /// No document contains a term that the store does not know.
    case term(String)
    /// Documents whose attribute fulfills the condition. Easier to write as `.attribute("year") >= 2020`.
    case condition(Attribute, Attribute.Condition)
    /// Documents that all of these let through; every document when there are none.
    case all([Filter])
    /// Documents that at least one of these lets through; no document when there are none.
    case any([Filter])
    /// Documents that the other does not let through.
    case not(Filter)

    /// The most parts of a filter: each tag, set of identifiers, condition, `all`, `any` and `not` is one.
    public static let maximumParts = 1_024
    /// The most identifiers and listed values of a filter, all its sets and lists together.
    public static let maximumIdentifiers = 100_000
    /// How deep parts may lie inside each other, and parentheses in a filter's text.
    public static let maximumDepth = 64

    /// An attribute to compare: `.attribute("price").between(5, 10)`.
    public static func attribute(_ name: String) -> Attribute { Attribute(name) }

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

    /// Reads a filter from text.
    ///
    ///     year >= 2020 AND lang IN (de, en) AND NOT tag:draft AND term:swift AND price BETWEEN 1 AND 5
    ///
    /// Attributes are compared with `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN (a, b)` and `BETWEEN a AND b`; `EXISTS name` asks
    /// for any value. Values are written as they are; dates as `2024-01-31` or `2024-01-31T12:00:00Z`. `tag:NAME`,
    /// `id:NAME`, `id:PREFIX*` and `term:NAME` name the rest. NOT binds tighter than AND, AND tighter than OR; the case of
    /// these words does not matter. A name or a value with blanks, parentheses, commas, quotes or signs of comparison is
    /// written in double quotes, where a backslash stands before a quote or a backslash: `tag:"to do"`.
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
        case (.idPrefix(let a), .idPrefix(let b)), (.term(let a), .term(let b)): TextKey(a) == TextKey(b)
        case (.condition(let a, let ours), .condition(let b, let theirs)):
            TextKey(a.name) == TextKey(b.name) && ours.isSame(as: theirs)
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
    /// Whether both ask the same, their strings compared byte for byte.
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

/// An attribute by its name, to be compared in a ``Filter``.
///
/// A comparison lets a document through whose value fulfills it; of a list, one element has to. A document without the
/// attribute fulfills no comparison but `!=`, which is the opposite of `==`. Strings are compared by their bytes. A string
/// that is compared with an attribute of another type is read as a value of that type: `.attribute("day") >= "2024-01-31"`.
public struct Attribute: Sendable, Hashable {
    /// The name.
    public let name: String

    /// Names an attribute.
    public init(_ name: String) { self.name = name }

    /// An attribute to compare, where a comparison's left side is expected: `.attribute("year") >= 2020`.
    public static func attribute(_ name: String) -> Attribute { Attribute(name) }

    /// What is asked of a value.
    public enum Condition: Sendable, Hashable {
        /// There is a value.
        case exists
        /// It is one of these.
        case isIn([AttributeValue])
        /// It lies between two ends, each included or not; nil is no end.
        case isBetween(End?, End?)
    }

    /// An end of a range.
    public struct End: Sendable, Hashable {
        /// The value at the end.
        public var value: AttributeValue
        /// Whether the value itself is in the range.
        public var isIncluded: Bool

        /// Makes an end.
        public init(_ value: AttributeValue, isIncluded: Bool) {
            self.value = value
            self.isIncluded = isIncluded
        }
    }

    /// Documents that have the attribute.
    public var exists: Filter { .condition(self, .exists) }

    /// Documents whose value is one of these, at most ``Filter/maximumIdentifiers``.
    public func isIn(_ values: [AttributeValue]) -> Filter { .condition(self, .isIn(values)) }

    /// Documents whose value lies between two others, or is one of them.
    public func between(_ low: AttributeValue, _ high: AttributeValue) -> Filter {
        .condition(self, .isBetween(End(low, isIncluded: true), End(high, isIncluded: true)))
    }

    /// Documents with this value.
    public static func == (left: Attribute, right: AttributeValue) -> Filter { left.isIn([right]) }

    /// Documents without this value.
    public static func != (left: Attribute, right: AttributeValue) -> Filter { .not(left == right) }

    /// Documents with a smaller value.
    public static func < (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(nil, End(right, isIncluded: false)))
    }

    /// Documents with this or a smaller value.
    public static func <= (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(nil, End(right, isIncluded: true)))
    }

    /// Documents with a larger value.
    public static func > (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(End(right, isIncluded: false), nil))
    }

    /// Documents with this or a larger value.
    public static func >= (left: Attribute, right: AttributeValue) -> Filter {
        .condition(left, .isBetween(End(right, isIncluded: true), nil))
    }
}
