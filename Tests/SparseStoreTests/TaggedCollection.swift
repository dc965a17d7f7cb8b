import SparseStore

/// Random documents with tags, and what a filtered search of them must give.
struct TaggedCollection {
    struct Entry {
        let vector: SparseVector
        let tags: Set<String>
    }

    private(set) var documents: [TextKey: Entry] = [:]
    private var vectors: RandomVectors
    private var generator: SeededGenerator
    private var next = 0

    init(seed: UInt64, termSpace: Int = 3_000) {
        vectors = RandomVectors(seed: seed)
        vectors.termSpace = termSpace
        generator = SeededGenerator(seed: seed &* 31 &+ 7)
    }

    /// In a fixed order, so that a seed repeats a run.
    var ids: [String] { documents.keys.sorted().map(\.text) }

    /// A document, new unless an identifier is given, with tags "one in N" for N of 2 to 2,000, and the same with a
    /// second draw.
    mutating func add(_ id: String? = nil) throws -> Document {
        let id = id ?? "doc-\(next)"
        next += 1
        let vector = try vectors.next()
        var tags: Set<String> = []
        for share in [2, 20, 200, 2_000] {
            if Int.random(in: 0..<share, using: &generator) == 0 { tags.insert("one in \(share)") }
            if Int.random(in: 0..<share, using: &generator) == 0 { tags.insert("other in \(share)") }
        }
        documents[id] = Entry(vector: vector, tags: tags)
        return Document(id: id, vector: vector, tags: tags.shuffled(using: &generator))
    }

    mutating func remove(_ id: String) { documents[id] = nil }

    mutating func query() throws -> SparseVector { try vectors.next() }

    mutating func randomFilter(depth: Int) -> Filter {
        switch depth == 0 ? Int.random(in: 0..<3, using: &generator) : Int.random(in: 0..<7, using: &generator) {
        case 0, 1:
            let share = [2, 20, 200, 2_000].randomElement(using: &generator) ?? 2
            return .tag((Bool.random(using: &generator) ? "one in " : "other in ") + "\(share)")
        case 2:
            let count = [0, 1, 5, 50, 1_000].randomElement(using: &generator) ?? 1
            return .ids(ids.shuffled(using: &generator).prefix(count) + ["absent"])
        case 3: return .not(randomFilter(depth: depth - 1))
        case 4: return randomFilter(depth: depth - 1) && !randomFilter(depth: depth - 1)
        case 5: return .any((0..<3).map { _ in randomFilter(depth: depth - 1) })
        default: return .all((0..<2).map { _ in randomFilter(depth: depth - 1) })
        }
    }

    func lets(_ id: String, through filter: Filter) -> Bool {
        switch filter {
        case .tag(let tag): documents[id]?.tags.contains(tag) ?? false
        case .ids(let ids): ids.contains(id)
        case .idPrefix(let prefix): id.hasPrefix(prefix)
        // These documents have no attributes, and `randomFilter` asks for no terms.
        case .term, .condition: false
        case .all(let parts): parts.allSatisfy { lets(id, through: $0) }
        case .any(let parts): parts.contains { lets(id, through: $0) }
        case .not(let part): !lets(id, through: part)
        }
    }

    func search(_ query: SparseVector, _ filter: Filter, limit: Int) -> [(id: String, score: Float)] {
        let allowed = documents.filter { lets($0.key.text, through: filter) }
        return BruteForce(documents: allowed.mapValues(\.vector)).search(query, limit: limit)
    }
}
