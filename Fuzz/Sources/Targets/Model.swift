import SparseStore

/// The reference model, with documents in a dictionary and scores computed from scratch.
struct Model {
    var documents: [String: Document] = [:]

    static func weights(_ document: Document) -> [String: Float] { weights(document.content) }

    static func weights(_ content: SparseContent?) -> [String: Float] {
        switch content {
        case nil: [:]
        case .terms(let terms): Dictionary(terms.map { ($0.term, $0.weight) }) { first, _ in first }
        case .vector(let vector): Dictionary(uniqueKeysWithValues: zip(vector.terms.map(String.init), vector.weights))
        }
    }

    /// Returns whether two documents have the same payload, tags and weights.
    static func areEqual(_ left: Document, _ right: Document) -> Bool {
        left.payload == right.payload && Set(left.tags) == Set(right.tags) && weights(left) == weights(right)
    }

    private static func weights(_ query: Query) -> [String: Float] {
        switch query.content {
        case .terms(let terms): Dictionary(terms.map { ($0.term, $0.weight) }) { first, _ in first }
        case .vector(let vector): weights(.vector(vector))
        case .numbers(let numbers): Dictionary(numbers.map { (String($0.key), $0.value) }) { first, _ in first }
        }
    }

    /// Returns the score of a document; nil if it does not exist. Weights are multiples of 1/16 below 16, so that sums
    /// are exact in any order.
    func score(_ id: String, _ query: Query) -> Float? {
        guard let document = documents[id] else { return nil }
        let query = Self.weights(query)
        return Self.weights(document).reduce(0) { $0 + $1.value * query[$1.key, default: 0] }
    }

    /// Returns whether a document matches one of the filters that are used here.
    static func lets(_ document: Document, through filter: Filter) -> Bool {
        switch filter {
        case .tag(let tag): document.tags.contains(tag)
        case .ids(let ids): ids.contains(document.id)
        case .idPrefix(let prefix): document.id.hasPrefix(prefix)
        case .term(let term): weights(document)[term] != nil
        case .all(let parts): parts.allSatisfy { lets(document, through: $0) }
        case .any(let parts): parts.contains { lets(document, through: $0) }
        case .not(let part): !lets(document, through: part)
        case .condition(let attribute, let condition): fulfills(document.attributes[attribute.name], condition)
        }
    }

    private static func fulfills(_ value: AttributeValue?, _ condition: Attribute.Condition) -> Bool {
        guard let value else { return false }
        let elements: [AttributeValue] =
            if case .strings(let list) = value { list.map { .string($0) } } else { [value] }
        switch condition {
        case .exists: return true
        case .isIn(let values): return elements.contains(where: values.contains)
        case .isBetween(let low, let high):
            guard case .integer(let integer) = value else { return false }
            func bound(_ end: Attribute.End?, _ otherwise: Int64) -> Int64 {
                if case .integer(let bound)? = end?.value { bound } else { otherwise }
            }
            return bound(low, .min) <= integer && integer <= bound(high, .max)
        }
    }

    func search(_ query: Query, limit: Int, filter: Filter? = nil) -> [(id: String, score: Float)] {
        documents.values
            .filter { document in filter.map { Self.lets(document, through: $0) } ?? true }
            .map { (id: $0.id, score: score($0.id, query) ?? 0) }
            .filter { $0.score > 0 }
            .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
            .prefix(limit).map { $0 }
    }
}
