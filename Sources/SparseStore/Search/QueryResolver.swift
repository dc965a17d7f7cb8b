internal import LMDB
internal import SparseFormat

/// Converts a query to term numbers and weights, as of one snapshot.
struct QueryResolver {
    let tables: Tables
    let reader: Reader
    let manifest: ManifestRecord
    let vocabulary: VocabularyCache
    /// The documents that ``Weighting/corpusIDF(over:)`` counts; nil for other weightings.
    var counted: CountedDocuments?

    /// The allowed magnitudes of nonzero query weights after the weighting. Products with a document's weights, and
    /// their sum over a document, are then finite floats other than 0.
    private static let weights: ClosedRange<Float> = 1e-22...1e18

    func resolve(_ query: Query, _ weighting: Weighting) throws -> ResolvedQuery {
        let components = try weighted(components(query), weighting)
        if let bad = components.first(where: { $0.1 != 0 && !Self.weights.contains(abs($0.1)) }) {
            throw SparseStoreError(
                .invalidArgument,
                "a weighting makes a query weight of \(bad.1); after it, the magnitudes of weights are 0 or in "
                    + "\(Self.weights)")
        }
        return ResolvedQuery(components)
    }

    /// Returns the components with their weights after the weighting.
    func weighted(_ components: [(TermID, Float)], _ weighting: Weighting) throws -> [(TermID, Float)] {
        switch weighting {
        case .none: return components
        case .table(let table): return try weighted(components, table)
        case .corpusIDF:
            let statistics = StatisticsTable(tables: tables, reader: reader)
            let pending = try statistics.pendingChanges(manifest)
            let folded = try statistics.foldedFrequencies(of: components.lazy.map(\.0))
            return try zip(components, folded).map { component, folded in
                let frequency = try statistics.frequency(folded, pending[component.0, default: 0], manifest)
                let idf = Weighting.inverseDocumentFrequency(frequency, documents: Int(manifest.documents))
                return (component.0, component.1 * idf)
            }
        case .filteredIDF:
            guard let counted else {
                throw SparseStoreError(.internalError, "the documents of a filter's frequencies were not resolved")
            }
            let frequencies = try counted.frequencies(of: Set(components.map(\.0)))
            return components.map { term, weight in
                let frequency = frequencies[term, default: 0]
                return (term, weight * Weighting.inverseDocumentFrequency(frequency, documents: counted.count))
            }
        }
    }

    private func weighted(_ components: [(TermID, Float)], _ table: WeightTable) throws -> [(TermID, Float)] {
        switch table.entries {
        case .byNumber(let weights):
            try check(.numbers, "the weight table is by the numbers of terms")
            return components.map { term, weight in
                (term, Int(term) < weights.count ? weight * weights[Int(term)] : 0)
            }
        case .byName(let weights):
            try check(.strings, "the weight table is by the strings of terms")
            let names = VocabularyTable(tables: tables, reader: reader)
            return try components.map { term, weight in
                (term, weight * (try names.name(of: term).flatMap { weights[TextKey($0)] } ?? 0))
            }
        }
    }

    /// Returns the known terms with their original weights, including those of the query's example documents.
    private func components(_ query: Query) throws -> [(TermID, Float)] {
        let own = try ownComponents(query.content)
        guard query.examples != nil else { return own }
        for ids in [query.like, query.unlike] where ids.count > Query.maximumExamples {
            throw SparseStoreError(
                .limitExceeded, "the query names \(ids.count) documents; the limit is \(Query.maximumExamples)")
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
        let identifiers = IdentifierTable(tables: tables, reader: reader)
        let documents = DocumentTable(tables: tables, reader: reader)
        for id in ids {
            guard let number = try identifiers.number(of: id) else {
                throw SparseStoreError(
                    .notFound, "the query asks for documents like or unlike '\(id)', and there is none; check the id"
                ).about(document: id)
            }
            let vector = try documents.existing(number).vector()
            for (term, weight) in zip(vector.terms, vector.weights) { sums[term, default: 0] += share * Double(weight) }
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
            let table = VocabularyTable(tables: tables, reader: reader)
            let ids = try vocabulary.resolve(terms.map(\.term), termCount: manifest.nextTerm, table)
            return zip(ids, terms).compactMap { id, term in id.map { ($0, term.weight) } }
        }
    }

    private func check(count: Int) throws {
        guard count <= Limits.maximumQueryTerms else {
            throw SparseStoreError(
                .limitExceeded,
                "the query has \(count) terms; the limit is \(Limits.maximumQueryTerms): keep the heaviest")
        }
    }

    private func check(_ space: TermSpace, _ given: String) throws {
        guard manifest.termSpace != .undecided, manifest.termSpace != space else { return }
        throw SparseStoreError(
            .termSpaceMismatch,
            "\(given) and this store's terms are \(space == .numbers ? "strings" : "numbers"); give it what it was filled with"
        )
    }

    private static func validate(_ terms: [WeightedTerm]) throws {
        var seen = Set<TextKey>(minimumCapacity: terms.count)
        for term in terms {
            try check(weight: term.weight, of: "'\(term.term)'", term: term.term)
            guard seen.insert(TextKey(term.term)).inserted else {
                throw SparseStoreError(
                    .invalidVector, "the query's term '\(term.term)' stands twice; add its weights together"
                ).about(term: term.term)
            }
        }
    }

    private static func check(weight: Float, of what: String, term: String) throws {
        guard weight.isFinite, Limits.weights.contains(abs(weight)) else {
            throw SparseStoreError(
                .invalidVector,
                "the query's weight of \(what) is \(weight); weights are finite, and their magnitudes in \(Limits.weights)"
            ).about(term: term)
        }
    }
}
