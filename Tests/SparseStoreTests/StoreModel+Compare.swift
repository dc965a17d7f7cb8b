import Testing

@testable import SparseStore

extension StoreModel {
    /// A random search of a snapshot against what its commit held.
    func compare(_ snapshot: Snapshot, _ state: State) throws {
        let known = snapshot.attributes
        var filters: [Filter?] = [
            nil, nil, .tag("even"), .tag("rare"), .not(.tag("third")), .all([.tag("even"), .not(.tag("third"))]),
            .ids((0..<20).map { Self.id($0 * 7) }), .any([.tag("rare"), .ids([Self.id(1), "d2", "none"])]),
            .tag("caf\u{E9}"), .not(.tag("cafe\u{301}")),
        ]
        let stock = Int64.random(in: 0..<100, using: &vectors.generator)
        if known["stock"] != nil {
            filters += [.attribute("stock") < .integer(stock), .tag("even") && .attribute("stock") >= .integer(stock)]
        }
        if known["color"] != nil { filters += [.attribute("color") == "red", !Filter.attribute("color").exists] }
        if known["rare"] != nil { filters.append(.attribute("rare") == "b") }
        let isExact = Bool.random(using: &vectors.generator)
        try compare(snapshot, state, isExact: isExact, filter: filters.randomElement(using: &vectors.generator) ?? nil)
        if let id = state.vectors.documents.keys.sorted().randomElement(using: &vectors.generator)?.text {
            let document = try snapshot.document(id)
            #expect(document?.attributes == state.attributes[TextKey(id)], Comment(rawValue: place))
            #expect(document.map { Set($0.tags.map { TextKey($0) }) } == state.tags[id], Comment(rawValue: place))
            #expect(document?.payload == Array("payload of \(id)".utf8), Comment(rawValue: place))
            #expect(
                document?.content == state.vectors.documents[id].flatMap(Self.content), Comment(rawValue: place))
        }
        #expect(try snapshot.document("none") == nil)
        try compareOptions(snapshot, state)
        try compareLists(snapshot, state)
    }

    /// A count, the facets and an ordered list of the documents that a filter matches.
    private func compareLists(_ snapshot: Snapshot, _ state: State) throws {
        guard snapshot.attributes["stock"] != nil, snapshot.attributes["color"] != nil else { return }
        let filter: Filter = .attribute("stock") < .integer(Int64.random(in: 0...100, using: &vectors.generator))
        let comment = Comment(rawValue: "\(place), operation \(operations), \(filter)")
        let matching = state.attributes.filter { lets($0.key.text, through: filter, state) }
        #expect(try snapshot.count(where: filter) == matching.count, comment)
        var colors: [String: Int] = [:]
        var stocks: [TextKey: Int64] = [:]
        for (id, own) in matching {
            if case .string(let color)? = own["color"] { colors[color, default: 0] += 1 }
            if case .integer(let stock)? = own["stock"] { stocks[id] = stock }
        }
        let facets = try snapshot.facets("color", where: filter)
        #expect(
            facets.map(\.value) == colors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { .string($0.key) },
            comment)
        #expect(facets.map(\.count) == colors.values.sorted(by: >), comment)
        var listed: [Document] = []
        var cursor: Cursor?
        repeat {
            let page = try snapshot.list(
                where: filter, order: ListOrder(by: "stock", isDescending: true), limit: 50, after: cursor)
            listed += page.documents
            cursor = page.cursor
        } while cursor != nil
        #expect(listed.count == stocks.count, comment)
        #expect(Set(listed.map { TextKey($0.id) }) == Set(stocks.keys), comment)
        #expect(listed.map { stocks[TextKey($0.id)] } == stocks.values.sorted(by: >), comment)
    }

    /// A search with options drawn at random: an exact answer is the reference's, page by page, whatever it is grouped
    /// by.
    private func compareOptions(_ snapshot: Snapshot, _ state: State) throws {
        func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &vectors.generator) == 0 }
        let vector = try vectors.next()
        var weights = Dictionary(uniqueKeysWithValues: zip(vector.terms, vector.weights))
        if chance(2) { for term in vector.terms where chance(3) { weights[term]?.negate() } }
        let filter: Filter? = chance(2) ? .tag("even") && !.tag("rare") : nil
        let keys = [nil, "id"] + ["color", "stock"].filter { snapshot.attributes[$0] != nil }
        let key = keys.randomElement(using: &vectors.generator) ?? nil
        let best = chance(2) ? 1 : 3
        var options = SearchOptions(
            limit: [1, 5, 400].randomElement(using: &vectors.generator) ?? 5, recall: .exact, filter: filter,
            minimumScore: chance(3) ? 1 : nil, fields: chance(3) ? .all : [],
            // Identifiers are "d" and a number: "d13" and "d137" are of the group "d1".
            grouping: key.map { $0 == "id" ? .byIDPrefix(upTo: "3", best: best) : .by($0, best: best) },
            countsMatches: true)
        var matches: [(id: String, score: Float)] = []
        for (id, vector) in state.vectors.documents {
            if let filter, !lets(id.text, through: filter, state) { continue }
            let score = RetrievalCollection.score(vector, weights)
            if score > 0, score >= options.minimumScore ?? 0 { matches.append((id.text, score)) }
        }
        matches.sort { $0.score != $1.score ? $0.score > $1.score : TextKey($0.id) < TextKey($1.id) }
        let groups: [[(id: String, score: Float)]] = Groups.arranged(matches, best: best) { match in
            key.flatMap { key in
                if key == "id" { return GroupValue(String(match.id.prefix { $0 != "3" })) }
                return state.attributes[TextKey(match.id)]?[key].map(GroupValue.init)
            }
        }
        let comment = Comment(rawValue: "\(place), operation \(operations), \(options), \(weights)")
        var joined: [Hit] = []
        for _ in 0..<3 {
            let page = try snapshot.search(Query(numbers: weights), options: options)
            joined += page.hits
            #expect(page.matches == matches.count, comment)
            options.after = page.cursor
            if options.after == nil { break }
        }
        let shown = options.after == nil ? groups.count : 3 * options.limit
        let expected = groups.prefix(shown).flatMap(\.self)
        #expect(joined.map { TextKey($0.id) } == expected.map { TextKey($0.id) }, comment)
        #expect(joined.map(\.score) == expected.map(\.score), comment)
        if options.fields == .all {
            for hit in joined {
                #expect(hit.payload == Array("payload of \(hit.id)".utf8), comment)
                #expect(hit.vector == state.vectors.documents[hit.id].flatMap(Self.content), comment)
                #expect(Set(hit.tags.map { TextKey($0) }) == state.tags[hit.id], comment)
            }
        }
        if let like = state.vectors.documents.keys.sorted().randomElement(using: &vectors.generator),
            let vector = state.vectors.documents[like]
        {
            var others = state.vectors
            others.documents[like] = nil
            let found = try snapshot.search(
                .similar(to: [like.text]), options: SearchOptions(limit: 20, recall: .exact))
            let expected = others.search(vector, limit: 20)
            #expect(found.map { TextKey($0.id) } == expected.map { TextKey($0.id) }, comment)
        }
    }

    /// An exact answer is the reference's. A planned one has true scores, best first, of documents that are there and
    /// that the filter lets through.
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
            #expect(Set(found.map { TextKey($0.id) }).count == found.count, comment)
            #expect(found.count <= options.limit, comment)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, comment)
        }
    }

    private func lets(_ elements: [AttributeValue], through condition: Attribute.Condition) -> Bool {
        switch condition {
        case .exists: !elements.isEmpty
        case .isIn(let values): elements.contains { values.contains($0) }
        case .isBetween(let low, let high):
            elements.contains { element in
                let above = low.map { AttributeCollection.order(element, $0.value) >= ($0.isIncluded ? 0 : 1) } ?? true
                let below =
                    high.map { AttributeCollection.order(element, $0.value) <= ($0.isIncluded ? 0 : -1) } ?? true
                return above && below
            }
        }
    }

    private func lets(_ id: String, through filter: Filter, _ state: State) -> Bool {
        switch filter {
        case .tag(let tag): state.tags[id]?.contains(TextKey(tag)) ?? false
        case .ids(let ids): ids.contains { TextKey($0) == TextKey(id) }
        case .idPrefix(let prefix): id.hasPrefix(prefix)
        case .term(let term): TermID(term).map { state.vectors.documents[id]?.terms.contains($0) ?? false } ?? false
        case .condition(let attribute, let condition):
            lets(AttributeCollection.elements(state.attributes[TextKey(id)]?[attribute.name]), through: condition)
        case .all(let parts): parts.allSatisfy { lets(id, through: $0, state) }
        case .any(let parts): parts.contains { lets(id, through: $0, state) }
        case .not(let part): !lets(id, through: part, state)
        }
    }
}
