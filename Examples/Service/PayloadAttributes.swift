import SparseStore

/// The attributes of a payload, so that filters and facets can use its values.
///
/// An attribute has one type in all documents of a store, but a key of a payload can have any type. Each kind of value
/// therefore has its own attribute. All of them are lists, because a key can have several values:
///
/// | attribute | elements                                                    | asked by           |
/// |-----------|-------------------------------------------------------------|--------------------|
/// | `s:KEY`   | strings of at most 200 bytes                                | match, facet       |
/// | `i:KEY`   | whole numbers                                               | match, facet       |
/// | `b:KEY`   | 0 and 1 for false and true                                  | match, facet       |
/// | `n:KEY`   | every number, as a whole number in the same order           | range              |
/// | `d:KEY`   | strings that are dates, in microseconds since 1970          | range of dates     |
/// | `#keys`   | keys that have a value                                      | is_empty           |
/// | `#nulls`  | keys whose value is null                                    | is_null            |
///
/// The key of a value inside an object is the path to it, with dots.
struct PayloadAttributes {
    enum Kind: String { case string = "s", integer = "i", boolean = "b", number = "n", date = "d" }

    static let keys = "#keys"
    static let nulls = "#nulls"

    static func name(_ kind: Kind, _ key: String) -> String { "\(kind.rawValue):\(key)" }

    private var strings: [String: [String]] = [:]
    private var integers: [String: [Int64]] = [:]

    var values: [String: AttributeValue] {
        strings.mapValues(AttributeValue.strings).merging(integers.mapValues(AttributeValue.integers)) { $1 }
    }

    init(_ payload: [String: JSON]) {
        for (key, value) in payload { add(value, at: key) }
    }

    private mutating func add(_ value: JSON, at key: String) {
        switch value {
        case .null: strings[Self.nulls, default: []].append(key)
        case .object(let members):
            if !members.isEmpty { strings[Self.keys, default: []].append(key) }
            for (inner, value) in members { add(value, at: "\(key).\(inner)") }
        case .array(let elements):
            if !elements.isEmpty { strings[Self.keys, default: []].append(key) }
            for element in elements { addScalar(element, at: key) }
        default:
            strings[Self.keys, default: []].append(key)
            addScalar(value, at: key)
        }
    }

    private mutating func addScalar(_ value: JSON, at key: String) {
        func name(_ kind: Kind) -> String { Self.name(kind, key) }
        switch value {
        case .boolean(let value): integers[name(.boolean), default: []].append(value ? 1 : 0)
        case .integer(let value):
            integers[name(.integer), default: []].append(value)
            integers[name(.number), default: []].append(Self.order(of: Double(value)))
        case .number(let value): integers[name(.number), default: []].append(Self.order(of: value))
        case .string(let value):
            if value.utf8.count <= Limits.maximumAttributeStringBytes {
                strings[name(.string), default: []].append(value)
            }
            if case .date(let moment)? = AttributeValue.date(rfc3339: value) {
                integers[name(.date), default: []].append(moment)
            }
        case .null, .array, .object: break
        }
    }

    /// Maps each double to a whole number in the same order.
    static func order(of value: Double) -> Int64 {
        // Both zeros are the same value.
        let bits = Int64(bitPattern: (value + 0).bitPattern)
        return bits >= 0 ? bits : bits ^ .max
    }
}
