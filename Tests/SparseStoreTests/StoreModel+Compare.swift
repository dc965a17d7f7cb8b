import SparseStore
import Testing

extension StoreModel {
    /// A random search of a snapshot against what its commit held.
    func compare(_ snapshot: Snapshot, _ state: State) throws {
        let filters: [Filter?] = [
            nil, nil, .tag("even"), .tag("rare"), .not(.tag("third")), .all([.tag("even"), .not(.tag("third"))]),
            .ids((0..<20).map { Self.id($0 * 7) }), .any([.tag("rare"), .ids([Self.id(1), "d2", "none"])]),
            .tag("caf\u{E9}"), .not(.tag("cafe\u{301}")),
        ]
        let isExact = Bool.random(using: &vectors.generator)
        try compare(snapshot, state, isExact: isExact, filter: filters.randomElement(using: &vectors.generator) ?? nil)
        if let id = state.vectors.documents.keys.sorted().randomElement(using: &vectors.generator)?.text {
            let document = try snapshot.document(id)
            #expect(document?.payload == Array("payload of \(id)".utf8), Comment(rawValue: place))
            #expect(
                document?.content == state.vectors.documents[id].map(SparseContent.vector), Comment(rawValue: place))
        }
        #expect(try snapshot.document("none") == nil)
    }

    /// An exact answer is the reference's. A planned one has true scores, best first, of documents that are there and that
    /// the filter lets through.
    func compare(_ snapshot: Snapshot, _ state: State, isExact: Bool, filter: Filter?) throws {
        let query = try vectors.next()
        var options = SearchOptions()
        options.limit = [1, 10, 1_000].randomElement(using: &vectors.generator) ?? 10
        options.recall = isExact ? .exact : .fast
        options.filter = filter
        let found = try snapshot.search(Query(vector: query), options: options)
        var allowed = state.vectors
        if let filter { allowed.documents = allowed.documents.filter { lets($0.key.text, through: filter, state) } }
        let comment = Comment(rawValue: "\(place), operation \(operations)")
        if isExact {
            let expected = allowed.search(query, limit: options.limit)
            #expect(found.map { TextKey($0.id) } == expected.map { TextKey($0.id) }, comment)
            #expect(found.map(\.score) == expected.map(\.score), comment)
        } else {
            let all = allowed.search(query, limit: .max)
            let scores = Dictionary(uniqueKeysWithValues: all.map { (TextKey($0.id), $0.score) })
            #expect(found.allSatisfy { scores[TextKey($0.id)] == $0.score }, comment)
            #expect(Set(found.map { TextKey($0.id) }).count == found.count && found.count <= options.limit, comment)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, comment)
        }
    }

    private func lets(_ id: String, through filter: Filter, _ state: State) -> Bool {
        switch filter {
        case .tag(let tag): state.tags[id]?.contains(TextKey(tag)) ?? false
        case .ids(let ids): ids.contains { TextKey($0) == TextKey(id) }
        case .all(let parts): parts.allSatisfy { lets(id, through: $0, state) }
        case .any(let parts): parts.contains { lets(id, through: $0, state) }
        case .not(let part): !lets(id, through: part, state)
        }
    }
}
