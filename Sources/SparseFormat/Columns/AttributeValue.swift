/// The value of one attribute of a document.
///
/// Literals are accepted: `["year": 2024, "price": 12.5, "open": true, "lang": "de"]`. Write dates and lists
/// explicitly: `.date(microseconds)`, `.strings(["a", "b"])`.
public enum AttributeValue: Sendable, Hashable {
    /// A whole number.
    case integer(Int64)
    /// A finite number.
    case number(Double)
    /// True or false.
    case boolean(Bool)
    /// A string of at most `Limits.maximumAttributeStringBytes` bytes of UTF-8, compared bytewise.
    case string(String)
    /// A point in time, in microseconds since 1970-01-01 00:00:00 UTC; negative values are before it.
    case date(Int64)
    /// Up to `Limits.maximumAttributeListCount` whole numbers. An empty list is the same as no value.
    case integers([Int64])
    /// Up to `Limits.maximumAttributeListCount` strings, with the same limits as a single string. An empty list is the
    /// same as no value.
    case strings([String])

    /// The type of the value.
    public var type: AttributeType {
        switch self {
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .string: .string
        case .date: .date
        case .integers: .integers
        case .strings: .strings
        }
    }

    /// Whether the value is an empty list, which is stored as no value.
    package var isEmptyList: Bool {
        switch self {
        case .integers(let values): values.isEmpty
        case .strings(let values): values.isEmpty
        default: false
        }
    }
}

extension AttributeValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByStringLiteral
{
    /// Creates an integer value from a literal.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// Creates a number from a literal.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Creates a Boolean value from a literal.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// Creates a string value from a literal.
    public init(stringLiteral value: String) { self = .string(value) }
}

/// The type of an attribute's values, which is the same in all documents of a store.
///
/// The first document that has an attribute determines its type. If a later document has a fractional value, the type
/// changes from `integer` to `number`. Stored integers stay as they are.
public enum AttributeType: UInt8, Sendable, Hashable, CaseIterable {
    /// 64-bit whole numbers.
    case integer = 1
    /// Numbers: finite doubles and whole numbers.
    case number = 2
    /// True or false.
    case boolean = 3
    /// Strings.
    case string = 4
    /// Points in time, in microseconds since 1970.
    case date = 5
    /// Lists of whole numbers.
    case integers = 6
    /// Lists of strings.
    case strings = 7

    /// Whether the values are lists.
    public var isList: Bool { self == .integers || self == .strings }

    /// Whether the values are strings or lists of strings.
    package var isText: Bool { self == .string || self == .strings }

    /// Returns the type that can hold the values of both types; nil if there is none.
    package func joined(with other: AttributeType) -> AttributeType? {
        if self == other { return self }
        switch (self, other) {
        case (.integer, .number), (.number, .integer): return .number
        default: return nil
        }
    }
}

extension AttributeType: CustomStringConvertible {
    /// The name of the type in error messages.
    public var description: String {
        switch self {
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .string: "string"
        case .date: "date"
        case .integers: "list of integers"
        case .strings: "list of strings"
        }
    }
}

/// Converts values to 64-bit keys that have the same order (FORMAT.md, "Columns"). The keys of strings are their
/// positions among the strings of a column.
package enum AttributeKey {
    package static func integer(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ 1 << 63 }

    /// Returns the key of a finite number; both zeros have the same key.
    package static func number(_ value: Double) -> UInt64 {
        let bits = (value == 0 ? 0 : value).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// Returns the key of a value in a column of the type; nil if the value has another type. The value must not be a
    /// string or a list.
    package static func of(_ value: AttributeValue, in type: AttributeType) -> UInt64? {
        switch (value, type) {
        case (.integer(let value), .integer): integer(value)
        case (.integer(let value), .number): number(Double(value))
        case (.number(let value), .number): number(value)
        case (.boolean(let value), .boolean): value ? 1 : 0
        case (.date(let value), .date): integer(value)
        default: nil
        }
    }

    /// Returns the value of a key in a column of numbers, dates or Booleans, or an element of a list of integers.
    package static func value(_ key: UInt64, _ type: AttributeType) -> AttributeValue {
        let signed = Int64(bitPattern: key ^ 1 << 63)
        switch type {
        case .integer, .integers: return .integer(signed)
        case .date: return .date(signed)
        case .boolean: return .boolean(key != 0)
        case .number, .string, .strings:
            return .number(Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key))
        }
    }
}
