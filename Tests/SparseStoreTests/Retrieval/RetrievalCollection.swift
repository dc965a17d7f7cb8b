@testable import SparseStore

/// A store of documents that belong together by the beginnings of their identifiers ("p12#3"), and what any search of
/// it must give.
struct RetrievalCollection {
    struct Entry {
        let vector: SparseVector
        let tags: Set<String>
    }

    /// A question, and everything that decides its answer.
    struct Asked {
        var weights: [TermID: Float]
        var filter: Filter?
        var minimumScore: Float?
        /// How many documents of each group; nil without groups.
        var best: Int?
    }

    let temporary: TemporaryStore
    let store: Store
    private(set) var documents: [String: Entry] = [:]
    var vectors: RandomVectors

    /// Documents in windows of different sizes, some of them replaced and some removed.
    ///
    /// - Parameter groups: so many beginnings of identifiers.
    init(
        seed: UInt64, documents: Int = 900, groups: Int = 120, profile: IndexProfile = .fast,
        policy: (inout MergePolicy) -> Void = { _ in }
    ) throws {
        temporary = try TemporaryStore()
        store = try temporary.open {
            $0.maintenance = .manual
            $0.profile = profile
            $0.durability = .lastCommitsMayBeLost
            policy(&$0.mergePolicy)
        }
        vectors = RandomVectors(seed: seed)
        vectors.termSpace = 250
        vectors.terms = 4...24
        var next = 0
        while next < documents {
            let count = min(documents - next, [1, 40, 300].randomElement(using: &vectors.generator) ?? 40)
            var batch: [Document] = []
            for _ in 0..<count {
                let number = Int.random(in: 0..<groups, using: &vectors.generator)
                batch.append(try makeDocument("p\(number)#\(next)"))
                next += 1
            }
            // Every other commit replaces and removes something, too.
            let ids = self.documents.keys.sorted().shuffled(using: &vectors.generator)
            if count == 1 { for id in ids.prefix(8) { batch.append(try makeDocument(id)) } }
            let removed = count == 40 ? ids.prefix(5) : []
            try store.write { transaction in
                for document in batch { try transaction.upsert(document) }
                for id in removed { try transaction.remove(id) }
            }
            for id in removed { self.documents[id] = nil }
        }
    }

    private mutating func makeDocument(_ id: String) throws -> Document {
        let vector = try vectors.next()
        let tags = ["half", "third", "rare"].filter { tag in
            Int.random(in: 0..<(["half": 2, "third": 3][tag] ?? 40), using: &vectors.generator) == 0
        }
        documents[id] = Entry(vector: vector, tags: Set(tags))
        return Document(id: id, vector: vector, payload: Array("{\"name\": \"\(id)\"}".utf8), tags: tags)
    }

    /// A question whose parts are drawn at random.
    mutating func ask(isSigned: Bool) throws -> Asked {
        let vector = try vectors.next()
        var weights = Dictionary(uniqueKeysWithValues: zip(vector.terms, vector.weights))
        if isSigned {
            for term in weights.keys.sorted() where Int.random(in: 0..<3, using: &vectors.generator) == 0 {
                weights[term]?.negate()
            }
        }
        let filters: [Filter?] = [
            nil, nil, .tag("half"), .tag("rare"), .not(.tag("third")), .tag("half") && !.tag("third"),
            .ids(Array(documents.keys.sorted().prefix(60))),
        ]
        return Asked(
            weights: weights, filter: filters.randomElement(using: &vectors.generator) ?? nil,
            minimumScore: [nil, nil, 0.5, 2].randomElement(using: &vectors.generator) ?? nil,
            best: [nil, 1, 2, 5].randomElement(using: &vectors.generator) ?? nil)
    }

    func query(_ asked: Asked) -> Query { Query(numbers: asked.weights) }

    func options(_ asked: Asked, limit: Int, recall: Recall = .exact) -> SearchOptions {
        SearchOptions(
            limit: limit, recall: recall, filter: asked.filter, minimumScore: asked.minimumScore,
            grouping: asked.best.map { .byIDPrefix(upTo: "#", best: $0) })
    }

    func lets(_ id: String, through filter: Filter?) -> Bool {
        switch filter {
        case nil: true
        case .tag(let tag): documents[id]?.tags.contains(tag) ?? false
        case .ids(let ids): ids.contains(id)
        case .all(let parts): parts.allSatisfy { lets(id, through: $0) }
        case .any(let parts): parts.contains { lets(id, through: $0) }
        case .not(let part): !lets(id, through: part)
        case .idPrefix(let prefix): id.utf8.starts(with: prefix.utf8)
        case .term(let term): documents[id]?.vector.terms.contains { String($0) == term } ?? false
        case .condition: false
        }
    }

    /// All documents that match, best first, whatever their groups.
    func matches(_ asked: Asked) -> [(id: String, score: Float)] {
        documents.filter { lets($0.key, through: asked.filter) }
            .map { (id: $0.key, score: Self.score($0.value.vector, asked.weights)) }
            .filter { $0.score > 0 && $0.score >= asked.minimumScore ?? 0 }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
    }

    static func score(_ vector: SparseVector, _ weights: [TermID: Float]) -> Float {
        var score: Float = 0
        for (term, weight) in zip(vector.terms, vector.weights) {
            if let query = weights[term] { score += weight * query }
        }
        return score
    }

    static func group(_ id: String) -> String { String(id.prefix { $0 != "#" }) }

    /// The groups of the answer, or with each document alone.
    func groups(_ asked: Asked) -> [[(id: String, score: Float)]] {
        let matches = matches(asked)
        guard let best = asked.best else { return matches.map { [$0] } }
        var groups: [[(id: String, score: Float)]] = []
        var places: [String: Int] = [:]
        for match in matches {
            let name = Self.group(match.id)
            if let place = places[name] {
                if groups[place].count < best { groups[place].append(match) }
            } else {
                places[name] = groups.count
                groups.append([match])
            }
        }
        return groups
    }
}
