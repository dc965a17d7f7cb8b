import SparseStore

/// The reference: documents in a dictionary, every score from scratch.
struct Model {
    var documents: [String: Document] = [:]

    static func weights(_ document: Document) -> [String: Float] { weights(document.content) }

    static func weights(_ content: SparseContent) -> [String: Float] {
        switch content {
        case .terms(let terms): Dictionary(terms.map { ($0.term, $0.weight) }) { first, _ in first }
        case .vector(let vector): Dictionary(uniqueKeysWithValues: zip(vector.terms.map(String.init), vector.weights))
        }
    }

    private static func weights(_ query: Query) -> [String: Float] {
        switch query.content {
        case .terms(let terms): Dictionary(terms.map { ($0.term, $0.weight) }) { first, _ in first }
        case .vector(let vector): weights(.vector(vector))
        case .numbers(let numbers): Dictionary(numbers.map { (String($0.key), $0.value) }) { first, _ in first }
        }
    }

    /// Weights here are multiples of 1/16 below 16, so that sums are exact in any order; nil for no document.
    func score(_ id: String, _ query: Query) -> Float? {
        guard let document = documents[id] else { return nil }
        let query = Self.weights(query)
        return Self.weights(document).reduce(0) { $0 + $1.value * query[$1.key, default: 0] }
    }

    func search(_ query: Query, limit: Int, tag: String? = nil) -> [(id: String, score: Float)] {
        documents.values
            .filter { document in tag.map(document.tags.contains) ?? true }
            .map { (id: $0.id, score: score($0.id, query) ?? 0) }
            .filter { $0.score > 0 }
            .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
            .prefix(limit).map { $0 }
    }
}
