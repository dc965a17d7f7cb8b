import SparseStore

/// A filter of Qdrant's API.
struct FilterBody: Decodable, Sendable {
    private var must: [FilterCondition]
    private var should: [FilterCondition]
    private var mustNot: [FilterCondition]

    private enum CodingKeys: String, CodingKey {
        case must, should
        case mustNot = "must_not"
        case minShould = "min_should"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        /// A single condition may be given without a list.
        func conditions(_ key: CodingKeys) throws -> [FilterCondition] {
            guard container.contains(key), try !container.decodeNil(forKey: key) else { return [] }
            if let list = try? container.nestedUnkeyedContainer(forKey: key) {
                var list = list
                var conditions: [FilterCondition] = []
                while !list.isAtEnd { conditions.append(try list.decode(FilterCondition.self)) }
                return conditions
            }
            return [try container.decode(FilterCondition.self, forKey: key)]
        }
        if container.contains(.minShould), try !container.decodeNil(forKey: .minShould) {
            throw ServiceFailure.unsupported("filters with 'min_should'")
        }
        must = try conditions(.must)
        should = try conditions(.should)
        mustNot = try conditions(.mustNot)
    }

    /// - Parameter known: The attributes that documents have had. No document has any other.
    func filter(in collection: CollectionRecord, known: Set<String>) -> Filter {
        func filters(_ conditions: [FilterCondition]) -> [Filter] {
            conditions.map { $0.filter(in: collection, known: known) }
        }
        var all = filters(must) + filters(mustNot).map { .not($0) }
        if !should.isEmpty { all.append(.any(filters(should))) }
        return .all(all)
    }
}

private indirect enum FilterCondition: Decodable, Sendable {
    case nested(FilterBody)
    case ids([PointID])
    case match(key: String, [JSON], isExcept: Bool)
    case range(key: String, Bounds)
    case isEmpty(key: String)
    case isNull(key: String)

    /// The bounds of a range, as numbers or dates.
    struct Bounds: Decodable, Sendable {
        var lt: JSON?
        var gt: JSON?
        var lte: JSON?
        var gte: JSON?
    }

    private struct Match: Decodable {
        var value: JSON?
        var any: [JSON]?
        var except: [JSON]?
    }

    private struct Key: Decodable { var key: String }

    private enum CodingKeys: String, CodingKey {
        case key, match, range, must, should
        case mustNot = "must_not"
        case minShould = "min_should"
        case hasID = "has_id"
        case isEmpty = "is_empty"
        case isNull = "is_null"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func has(_ key: CodingKeys) -> Bool {
            container.contains(key) && (try? container.decodeNil(forKey: key)) == false
        }
        if has(.must) || has(.should) || has(.mustNot) || has(.minShould) {
            self = .nested(try FilterBody(from: decoder))
        } else if has(.hasID) {
            self = .ids(try container.decode([PointID].self, forKey: .hasID))
        } else if has(.isEmpty), let key = try? container.decode(Key.self, forKey: .isEmpty) {
            self = .isEmpty(key: key.key)
        } else if has(.isNull), let key = try? container.decode(Key.self, forKey: .isNull) {
            self = .isNull(key: key.key)
        } else if has(.match) {
            let key = try container.decode(String.self, forKey: .key)
            let match = try container.decode(Match.self, forKey: .match)
            if let values = match.any ?? match.value.map({ [$0] }) {
                self = .match(key: key, values, isExcept: false)
            } else if let values = match.except {
                self = .match(key: key, values, isExcept: true)
            } else {
                throw ServiceFailure.unsupported("matches of a text, a phrase or a prefix")
            }
        } else if has(.range) {
            self = .range(
                key: try container.decode(String.self, forKey: .key),
                try container.decode(Bounds.self, forKey: .range))
        } else {
            throw ServiceFailure.unsupported(
                "conditions other than match, range, has_id, is_empty, is_null and filters")
        }
    }

    func filter(in collection: CollectionRecord, known: Set<String>) -> Filter {
        func attribute(_ name: String, _ ask: (Attribute) -> Filter) -> Filter {
            known.contains(name) ? ask(Attribute(name)) : .any([])
        }
        func hasKey(_ key: String, _ name: String) -> Filter { attribute(name) { $0.isIn([.string(key)]) } }
        switch self {
        case .nested(let body): return body.filter(in: collection, known: known)
        case .ids(let ids): return .ids(ids.map(collection.documentID))
        case .isEmpty(let key): return .not(hasKey(key, PayloadAttributes.keys))
        case .isNull(let key): return hasKey(key, PayloadAttributes.nulls)
        case .match(let key, let values, let isExcept):
            let matches = Filter.any(values.map { Self.match(key, $0, attribute) })
            return isExcept ? hasKey(key, PayloadAttributes.keys) && !matches : matches
        case .range(let key, let bounds):
            return .any([
                attribute(PayloadAttributes.name(.number, key)) { $0.within(bounds, \.number) },
                attribute(PayloadAttributes.name(.date, key)) { $0.within(bounds, \.date) },
            ])
        }
    }

    private static func match(
        _ key: String, _ value: JSON, _ attribute: (String, (Attribute) -> Filter) -> Filter
    ) -> Filter {
        func asked(_ kind: PayloadAttributes.Kind, _ value: AttributeValue) -> Filter {
            attribute(PayloadAttributes.name(kind, key)) { $0.isIn([value]) }
        }
        return switch value {
        case .string(let value): asked(.string, .string(value))
        case .integer(let value): asked(.integer, .integer(value))
        case .boolean(let value): asked(.boolean, .integer(value ? 1 : 0))
        case .number, .null, .array, .object: .any([])
        }
    }
}

extension JSON {
    /// The bound in the form of number attributes.
    fileprivate var number: Int64? {
        switch self {
        case .integer(let value): PayloadAttributes.order(of: Double(value))
        case .number(let value): PayloadAttributes.order(of: value)
        default: nil
        }
    }

    /// The bound in the form of date attributes.
    fileprivate var date: Int64? {
        guard case .string(let text) = self, case .date(let moment)? = AttributeValue.date(rfc3339: text) else {
            return nil
        }
        return moment
    }
}

extension Attribute {
    /// Returns a filter for values within bounds of one kind; it matches nothing for bounds of another kind.
    fileprivate func within(_ bounds: FilterCondition.Bounds, _ read: (JSON) -> Int64?) -> Filter {
        var low: End?
        var high: End?
        for (bound, isIncluded, isLow) in [
            (bounds.gt, false, true), (bounds.gte, true, true), (bounds.lt, false, false), (bounds.lte, true, false),
        ] {
            guard let bound, bound != .null else { continue }
            guard let value = read(bound) else { return .any([]) }
            let end = End(.integer(value), isIncluded: isIncluded)
            if isLow { low = end } else { high = end }
        }
        return .condition(self, .isBetween(low, high))
    }
}
