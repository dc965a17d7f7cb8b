internal import LMDB
internal import SparseFormat

/// Converts the names in a filter to numbers and its values to the attributes' types, as of one commit.
struct FilterResolver {
    let tables: Tables
    let reader: Reader
    let schema: AttributeSchema
    let termSpace: TermSpace

    /// - Parameter filter: A filter that has passed `check`.
    /// - Throws: `invalidArgument` for an attribute that no document has ever had, and for a value of the wrong type.
    func resolve(_ filter: Filter) throws -> ResolvedFilter {
        switch filter {
        case .tag(let tag): return .tag(tag)
        case .ids(let ids):
            let table = IdentifierTable(tables: tables, reader: reader)
            return .documents(try ids.compactMap { try table.number(of: $0) }.sorted())
        case .idPrefix(let prefix):
            return .documents(
                try IdentifierTable(tables: tables, reader: reader).numbers(beginningWith: prefix).sorted())
        case .term(let name): return .term(try term(name))
        case .condition(let attribute, let condition):
            let type = try schema.type(of: attribute.name)
            return .attribute(Array(attribute.name.utf8), try resolve(condition, of: attribute.name, type))
        case .all(let parts): return .all(try parts.map(resolve))
        case .any(let parts): return .any(try parts.map(resolve))
        case .not(let part): return .not(try resolve(part))
        }
    }

    private func term(_ name: String) throws -> TermID? {
        switch termSpace {
        case .strings: return try VocabularyTable(tables: tables, reader: reader).id(of: name)
        case .numbers:
            guard let number = TermID(name) else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the terms of this store are numbers, but a term of the filter is not; use a number")
            }
            return number
        case .undecided: return nil
        }
    }

    private func resolve(
        _ condition: Attribute.Condition, of name: String, _ type: AttributeType
    ) throws -> AttributeCondition {
        switch condition {
        case .exists: return .exists
        case .isIn(let values):
            return .within(
                try values.map { value in
                    let end = AttributeRange.Bound(value: try convert(value, of: name, type), isIncluded: true)
                    return AttributeRange(lower: end, upper: end)
                })
        case .isBetween(let low, let high):
            func bound(_ end: Attribute.End?) throws -> AttributeRange.Bound? {
                try end.map {
                    AttributeRange.Bound(value: try convert($0.value, of: name, type), isIncluded: $0.isIncluded)
                }
            }
            return .within([AttributeRange(lower: try bound(low), upper: try bound(high))])
        }
    }

    /// Converts a value to the type of an attribute. Strings are parsed as that type, so that the text of a filter
    /// needs no types.
    private func convert(_ value: AttributeValue, of name: String, _ type: AttributeType) throws -> AttributeValue {
        func refused(_ what: String) -> SparseStoreError {
            SparseStoreError(
                .invalidArgument,
                "the attribute '\(name)' has the type \(type), but the filter compares it with \(what)")
        }
        switch (value, type) {
        case (.number(let number), _) where !number.isFinite: throw refused("\(number)")
        case (.string, .string), (.string, .strings), (.boolean, .boolean), (.date, .date): return value
        case (.integer, .integer), (.integer, .number), (.integer, .integers): return value
        case (.number, .integer), (.number, .number), (.number, .integers): return value
        case (.string(let text), .integer), (.string(let text), .number), (.string(let text), .integers):
            if let integer = Int64(text) { return .integer(integer) }
            guard let number = Double(text), number.isFinite else { throw refused("a string that is not a number") }
            return .number(number)
        case (.string(let text), .boolean):
            guard let boolean = Bool(text.lowercased()) else {
                throw refused("a string that is neither true nor false")
            }
            return .boolean(boolean)
        case (.string(let text), .date):
            guard let date = AttributeValue.date(rfc3339: text) else {
                throw refused("a string that is not a date; write dates as 2024-01-31 or 2024-01-31T12:00:00Z")
            }
            return date
        default: throw refused("a value of the type \(value.type)")
        }
    }
}
