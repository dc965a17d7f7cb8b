import SparseStore

/// The reference: a dictionary of documents, every score computed from scratch.
struct BruteForce {
    var documents: [TextKey: SparseVector] = [:]

    func search(_ query: SparseVector, limit: Int, minimumScore: Float = 0) -> [(id: String, score: Float)] {
        let weights = Dictionary(uniqueKeysWithValues: zip(query.terms, query.weights))
        var hits: [(id: String, score: Float)] = []
        for (id, vector) in documents {
            var score: Float = 0
            for (term, weight) in zip(vector.terms, vector.weights) {
                if let query = weights[term] { score += weight * query }
            }
            if score > 0, score >= minimumScore { hits.append((id.text, score)) }
        }
        hits.sort { a, b in a.score != b.score ? a.score > b.score : TextKey(a.id) < TextKey(b.id) }
        return Array(hits.prefix(limit))
    }

    func documentFrequencies() -> [TermID: Int] {
        documents.values.reduce(into: [:]) { counts, vector in
            for term in vector.terms { counts[term, default: 0] += 1 }
        }
    }
}

extension Dictionary where Key == TextKey {
    /// The value under an identifier.
    subscript(id: String) -> Value? {
        get { self[TextKey(id)] }
        set { self[TextKey(id)] = newValue }
    }
}

/// xorshift64*: the same numbers for a seed on every machine, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed == 0 ? 0x9E37_79B9_7F4A_7C15 : seed }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}

/// Documents shaped like learned-sparse ones: few terms are common, weights fall off, some weights are tiny.
struct RandomVectors {
    var generator: SeededGenerator
    var termSpace = 3_000
    var terms = 20...60

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() throws -> SparseVector {
        let count = Int.random(in: terms, using: &generator)
        var components: [TermID: Float] = [:]
        while components.count < min(count, termSpace) {
            let skew = Double.random(in: 0..<1, using: &generator)
            let term = TermID(skew * skew * skew * Double(termSpace))
            let weight = Float.random(in: 0.001..<2.5, using: &generator)
            components[term] = Bool.random(using: &generator) ? weight : weight * weight * 0.1 + 0.0001
        }
        return try SparseVector(components.map { ($0.key, $0.value) })
    }
}
