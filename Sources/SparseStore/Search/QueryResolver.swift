internal import SparseFormat

/// A corpus that queries are resolved against: the terms and documents of one snapshot, or of several shards together.
protocol QueryCorpus: Sendable {
    /// The kind of the terms.
    var termSpace: TermSpace { get }
    /// The numbers of terms; nil for a term that no document has ever had.
    func terms(named names: [String]) throws -> [TermID?]
    /// The string of a term number; nil where terms are numbers.
    func name(of term: TermID) throws -> String?
    /// The vector of a document; nil when there is no such document.
    func vector(of id: String) throws -> [(TermID, Float)]?
    /// Returns the number of documents, or of those that match a filter, and how many of them have each term.
    func frequencies(of terms: [TermID], in filter: Filter?) throws -> (documents: Int, counts: [Int])
    /// A query in the numbers of one of the snapshots that the corpus is of.
    func query(_ query: ResolvedQuery, in part: Int) throws -> ResolvedQuery
    /// Components of a document of one of the snapshots, in the numbers of the corpus, ascending by term.
    func components(_ components: [(TermID, Float)], of part: Int) throws -> [(TermID, Float)]
}

/// Turns what a caller asks into term numbers and weights.
struct QueryResolver {
    let corpus: any QueryCorpus

    /// The allowed magnitudes of nonzero query weights after the weighting. Products with a document's weights, and
    /// their sum over a document, are then finite floats other than 0.
    private static let weights: ClosedRange<Float> = 1e-22...1e18

    func resolve(_ query: Query, _ weighting: Weighting) throws -> ResolvedQuery {
        let components = try weighted(components(query), weighting)
        if let bad = components.first(where: { $0.1 != 0 && !Self.weights.contains(abs($0.1)) }) {
            throw SparseStoreError(
                .invalidArgument, problem: "the weighting turns a query weight into \(bad.1)",
                remedy: "use weights whose products have a magnitude of 0 or in \(Self.weights)")
        }
        return ResolvedQuery(components)
    }

    /// Returns the components with their weights after the weighting.
    func weighted(_ components: [(TermID, Float)], _ weighting: Weighting) throws -> [(TermID, Float)] {
        switch weighting {
        case .automatic, .none: return components
        case .table(let table): return try weighted(components, table)
        case .corpusIDF: return try weighted(components, over: nil)
        case .filteredIDF(let filter): return try weighted(components, over: filter)
        }
    }

    private func weighted(_ components: [(TermID, Float)], over filter: Filter?) throws -> [(TermID, Float)] {
        let (documents, counts) = try corpus.frequencies(of: components.map(\.0), in: filter)
        return zip(components, counts).map { component, count in
            (component.0, component.1 * Weighting.inverseDocumentFrequency(count, documents: documents))
        }
    }

    private func weighted(_ components: [(TermID, Float)], _ table: WeightTable) throws -> [(TermID, Float)] {
        switch table.entries {
        case .byNumber(let weights):
            try check(.numbers, "the weight table has term numbers")
            return components.map { term, weight in
                (term, Int(term) < weights.count ? weight * weights[Int(term)] : 0)
            }
        case .byName(let weights):
            try check(.strings, "the weight table is by the strings of terms")
            return try components.map { term, weight in
                (term, weight * (try corpus.name(of: term).flatMap { weights[TextKey($0)] } ?? 0))
            }
        }
    }

    /// Returns the known terms with their original weights, including those of the query's example documents.
    private func components(_ query: Query) throws -> [(TermID, Float)] {
        let own = try ownComponents(query.content)
        guard query.examples != nil else { return own }
        for ids in [query.like, query.unlike] where ids.count > Limits.maximumQueryExamples {
            throw SparseStoreError(
                .limitExceeded, problem: "the query has \(ids.count) example documents of one kind",
                remedy: "use at most \(Limits.maximumQueryExamples) similar and as many dissimilar ones")
        }
        var sums: [TermID: Double] = [:]
        for (term, weight) in own { sums[term, default: 0] += Double(weight) }
        try add(documents: query.like, share: 1 / Double(max(1, query.like.count)), to: &sums)
        try add(documents: query.unlike, share: -1 / Double(max(1, query.unlike.count)), to: &sums)
        let components = sums.sorted { $0.key < $1.key }.map { ($0.key, Float($0.value)) }
            .filter { Self.weights.contains(abs($0.1)) }
        try check(count: components.count)
        return components
    }

    /// Adds a share of the vector of each document.
    private func add(documents ids: [String], share: Double, to sums: inout [TermID: Double]) throws {
        for id in ids {
            guard let vector = try corpus.vector(of: id) else {
                throw SparseStoreError(
                    .notFound, problem: "the query asks for documents like or unlike '\(id)', which does not exist",
                    remedy: "check the id"
                ).about(document: id)
            }
            for (term, weight) in vector { sums[term, default: 0] += share * Double(weight) }
        }
    }

    private func ownComponents(_ content: Query.Content) throws -> [(TermID, Float)] {
        switch content {
        case .vector(let vector):
            try check(count: vector.count)
            try check(.numbers, "the query's terms are numbers")
            return Array(zip(vector.terms, vector.weights))
        case .numbers(let numbers):
            try check(count: numbers.count)
            for (term, weight) in numbers { try Self.check(weight: weight, of: "term \(term)", term: "\(term)") }
            guard !numbers.isEmpty else { return [] }
            try check(.numbers, "numbers")
            return numbers.map { ($0.key, $0.value) }
        case .terms(let terms):
            try check(count: terms.count)
            try Self.validate(terms)
            guard !terms.isEmpty else { return [] }
            try check(.strings, "the query's terms are strings")
            let ids = try corpus.terms(named: terms.map(\.term))
            return zip(ids, terms).compactMap { id, term in id.map { ($0, term.weight) } }
        }
    }

    private func check(count: Int) throws {
        guard count <= Limits.maximumQueryTerms else {
            throw SparseStoreError(
                .limitExceeded, problem: "the query has \(count) terms, but the limit is \(Limits.maximumQueryTerms)",
                remedy: "keep the terms with the largest weights")
        }
    }

    private func check(_ space: TermSpace, _ given: String) throws {
        guard corpus.termSpace != .undecided, corpus.termSpace != space else { return }
        throw SparseStoreError(
            .termSpaceMismatch,
            problem: "\(given), but the terms of this store are "
                + "\(space == .numbers ? "strings" : "numbers")",
            remedy: "use the same kind of terms")
    }

    private static func validate(_ terms: [WeightedTerm]) throws {
        var seen = Set<TextKey>(minimumCapacity: terms.count)
        for term in terms {
            try check(weight: term.weight, of: "'\(term.term)'", term: term.term)
            guard seen.insert(TextKey(term.term)).inserted else {
                throw SparseStoreError(
                    .invalidVector, problem: "the query has the term '\(term.term)' twice",
                    remedy: "add up its weights"
                ).about(term: term.term)
            }
        }
    }

    private static func check(weight: Float, of what: String, term: String) throws {
        guard weight.isFinite, Limits.weights.contains(abs(weight)) else {
            throw SparseStoreError(
                .invalidVector, problem: "the query's weight of \(what) is \(weight)",
                remedy: "use a finite weight with a magnitude in \(Limits.weights)"
            ).about(term: term)
        }
    }
}

/// A query with term numbers in ascending order and nonzero weights after the weighting.
struct ResolvedQuery: Sendable {
    let terms: [TermID]
    let weights: [Float]
    /// Whether a weight is above 0. Otherwise no document can score above 0.
    let hasPositiveWeight: Bool
    let hasNegativeWeight: Bool
    /// For each term its place among the products of a score, which are added up in this order; nil where that is the
    /// order of the terms. Shards that number terms otherwise than their first one have such an order, so that equal
    /// documents score alike to the last bit.
    private(set) var order: [Int]?

    /// - Parameter components: The components in any order, with distinct terms. Those with weight 0 are dropped.
    init(_ components: [(TermID, Float)]) {
        let kept = components.filter { $0.1 != 0 }.sorted { $0.0 < $1.0 }
        terms = kept.map(\.0)
        weights = kept.map(\.1)
        hasPositiveWeight = weights.contains { $0 > 0 }
        hasNegativeWeight = weights.contains { $0 < 0 }
    }

    /// The query in the numbers of a shard.
    ///
    /// - Parameter numbers: The number of each term there; nil for a term that the shard does not have.
    func renumbered(_ numbers: [TermID?]) -> ResolvedQuery {
        let kept = numbers.indices.filter { numbers[$0] != nil }
        var query = ResolvedQuery(kept.compactMap { place in numbers[place].map { ($0, weights[place]) } })
        let places = kept.sorted { (numbers[$0] ?? 0) < (numbers[$1] ?? 0) }
        if places != kept {
            let ranks = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
            query.order = places.map { ranks[$0] ?? 0 }
        }
        return query
    }

    var isEmpty: Bool { terms.isEmpty }
}
