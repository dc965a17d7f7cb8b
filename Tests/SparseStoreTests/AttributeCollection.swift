import SparseStore

/// Random documents with attributes and tags, and what filters, facets and lists of them must give.
struct AttributeCollection {
    struct Entry {
        var vector: SparseVector
        var tags: Set<String>
        var attributes: [String: AttributeValue]
    }

    private(set) var documents: [String: Entry] = [:]
    private var vectors: RandomVectors
    private var generator: SeededGenerator
    private var next = 0

    init(seed: UInt64) {
        vectors = RandomVectors(seed: seed)
        vectors.terms = 3...9
        vectors.termSpace = 60
        generator = SeededGenerator(seed: seed &* 17 &+ 3)
    }

    var ids: [String] { documents.keys.sorted() }

    mutating func someIDs(_ count: Int) -> [String] { Array(ids.shuffled(using: &generator).prefix(count)) }

    mutating func add(_ id: String? = nil) throws -> Document {
        let id = id ?? "\("abc".randomElement(using: &generator) ?? "a")/\(next)"
        next += 1
        let entry = Entry(vector: try vectors.next(), tags: tags(), attributes: attributes())
        documents[id] = entry
        return Document(
            id: id, vector: entry.vector, tags: entry.tags.shuffled(using: &generator), attributes: entry.attributes)
    }

    /// Other tags and attributes for a document.
    mutating func update(_ id: String) -> (tags: [String], attributes: [String: AttributeValue]) {
        var attributes = documents[id]?.attributes ?? [:]
        for (name, value) in self.attributes() where Bool.random(using: &generator) { attributes[name] = value }
        if Bool.random(using: &generator) { attributes["year"] = nil }
        let tags = tags()
        documents[id]?.tags = tags
        documents[id]?.attributes = attributes
        return (tags.sorted(), attributes)
    }

    mutating func remove(_ id: String) { documents[id] = nil }

    private mutating func tags() -> Set<String> {
        Set(["one", "two", "three"].filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
    }

    private mutating func attributes() -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [:]
        func draw(_ share: Int) -> Bool { Int.random(in: 0..<share, using: &generator) == 0 }
        if !draw(10) { attributes["year"] = .integer(Int64.random(in: 1_990...2_024, using: &generator)) }
        if !draw(2) {
            attributes["price"] =
                draw(2)
                ? .integer(Int64.random(in: -3...9, using: &generator))
                : .number(Double(Int.random(in: -12...40, using: &generator)) / 4)
        }
        if draw(2) { attributes["open"] = .boolean(draw(2)) }
        attributes["lang"] = .string(["de", "en", "", "fr\u{E9}", "zz"].randomElement(using: &generator) ?? "de")
        if draw(30) { attributes["rare"] = .string("r\(Int.random(in: 0..<4, using: &generator))") }
        if !draw(4) { attributes["day"] = .date(Int64.random(in: -50...50, using: &generator) * 86_400_000_000) }
        if draw(2) {
            attributes["ids"] = .integers((0..<3).map { _ in Int64.random(in: 0..<9, using: &generator) })
        }
        if draw(2) {
            attributes["topics"] = .strings((0..<3).map { _ in "t\(Int.random(in: 0..<6, using: &generator))" })
        }
        return attributes
    }

    /// Weights of a query, some of them below zero.
    mutating func weights() throws -> [TermID: Float] {
        let vector = try vectors.next()
        return Dictionary(
            uniqueKeysWithValues: zip(vector.terms, vector.weights).map { term, weight in
                (term, Int.random(in: 0..<4, using: &generator) == 0 ? -weight : weight)
            })
    }

    mutating func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Documents that a filter lets through and that score above 0, best first.
    func ranking(_ weights: [TermID: Float], _ filter: Filter?) -> [(id: String, score: Float)] {
        documents.filter { id, _ in filter.map { lets(id, through: $0) } ?? true }
            .map { (id: $0.key, score: RetrievalCollection.score($0.value.vector, weights)) }
            .filter { $0.score > 0 }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
    }

    mutating func randomFilter(depth: Int) -> Filter {
        switch Int.random(in: 0..<(depth == 0 ? 7 : 10), using: &generator) {
        case 0: return .tag(["one", "two", "none"].randomElement(using: &generator) ?? "one")
        case 1: return .ids(someIDs(5) + ["absent"])
        case 2: return .idPrefix(["a", "b/", "c/1", "x"].randomElement(using: &generator) ?? "a")
        case 3: return .term(String(Int.random(in: 0..<60, using: &generator)))
        case 4...6: return condition()
        case 7: return .not(randomFilter(depth: depth - 1))
        case 8: return .any((0..<3).map { _ in randomFilter(depth: depth - 1) })
        default: return .all((0..<2).map { _ in randomFilter(depth: depth - 1) })
        }
    }

    private mutating func condition() -> Filter {
        let name = Self.names.randomElement(using: &generator) ?? "year"
        let attribute = Attribute(name)
        func value() -> AttributeValue {
            switch name {
            case "year": .integer(Int64.random(in: 1_988...2_026, using: &generator))
            case "price":
                Bool.random(using: &generator)
                    ? .integer(Int64.random(in: -4...10, using: &generator))
                    : .number(Double.random(in: -4...11, using: &generator))
            case "open": .boolean(Bool.random(using: &generator))
            case "lang": .string(["de", "e", "en", "", "fr\u{E9}", "x"].randomElement(using: &generator) ?? "")
            case "rare": .string("r\(Int.random(in: 0..<5, using: &generator))")
            case "day": .date(Int64.random(in: -60...60, using: &generator) * 43_200_000_000)
            case "ids": .integer(Int64.random(in: -1..<10, using: &generator))
            default: .string("t\(Int.random(in: 0..<8, using: &generator))")
            }
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return attribute == value()
        case 1: return attribute != value()
        case 2: return attribute < value()
        case 3: return attribute <= value()
        case 4: return attribute > value()
        case 5: return attribute.between(value(), value())
        case 6:
            let count = [1, 3, 20].randomElement(using: &generator) ?? 1
            return attribute.isIn((0..<count).map { _ in value() })
        default: return attribute.exists
        }
    }

    static let names = ["year", "price", "open", "lang", "rare", "day", "ids", "topics"]

    func lets(_ id: String, through filter: Filter) -> Bool {
        guard let entry = documents[id] else { return false }
        switch filter {
        case .tag(let tag): return entry.tags.contains(tag)
        case .ids(let ids): return ids.contains(id)
        case .idPrefix(let prefix): return id.hasPrefix(prefix)
        case .term(let term): return TermID(term).map { entry.vector.terms.contains($0) } ?? false
        case .all(let parts): return parts.allSatisfy { lets(id, through: $0) }
        case .any(let parts): return parts.contains { lets(id, through: $0) }
        case .not(let part): return !lets(id, through: part)
        case .condition(let attribute, let condition):
            let elements = Self.elements(entry.attributes[attribute.name])
            switch condition {
            case .exists: return !elements.isEmpty
            case .isIn(let values):
                return elements.contains { element in values.contains { Self.order(element, $0) == 0 } }
            case .isBetween(let low, let high):
                return elements.contains { element in
                    func isInside(_ end: Attribute.End?, _ sign: Int) -> Bool {
                        end.map { end in
                            let order = Self.order(element, end.value) * sign
                            return order < 0 || (order == 0 && end.isIncluded)
                        } ?? true
                    }
                    return isInside(low, -1) && isInside(high, 1)
                }
            }
        }
    }

    func matching(_ filter: Filter) -> Set<String> { Set(documents.keys.filter { lets($0, through: filter) }) }

    static func elements(_ value: AttributeValue?) -> [AttributeValue] {
        switch value {
        case nil: []
        case .integers(let list): list.map { .integer($0) }
        case .strings(let list): list.map { .string($0) }
        case let value?: [value]
        }
    }

    /// -1, 0 or 1.
    static func order(_ a: AttributeValue, _ b: AttributeValue) -> Int {
        func sign<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
        switch (a, b) {
        case (.string(let a), .string(let b)):
            let (a, b) = (Array(a.utf8), Array(b.utf8))
            return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        case (.boolean(let a), .boolean(let b)): return sign(a ? 1 : 0, b ? 1 : 0)
        case (.date(let a), .date(let b)): return sign(a, b)
        default: return sign(number(a), number(b))
        }
    }

    static func number(_ value: AttributeValue) -> Double {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: .nan
        }
    }
}
