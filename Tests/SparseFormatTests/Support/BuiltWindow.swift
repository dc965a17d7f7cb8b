@testable import SparseFormat

/// A window's documents, by ordinal, and what the writers make of them.
struct BuiltWindow {
    struct Document: Equatable {
        var identifier: String
        var terms: [TermID]
        var weights: [Float]
    }

    struct Posting {
        var level: Int
        var ordinal: Int
        var weight: Float
    }

    let documents: [Document]
    /// The distinct terms, ascending.
    let terms: [TermID]
    /// By term; by level and by ordinal in a level.
    let lists: [[Posting]]
    let directory: [UInt8]
    let chunks: [[UInt8]]
    let forward: [UInt8]
    let forwardChunks: [[UInt8]]

    init(_ documents: [Document]) {
        self.documents = documents
        let levelCount = WindowLevels.count(documents: documents.count)
        var postings: [TermID: [Posting]] = [:]
        for (ordinal, document) in documents.enumerated() {
            let levels = Self.levels(document.weights)
            for index in document.terms.indices {
                let level = levelCount == 1 ? 0 : levels[index]
                postings[document.terms[index], default: []].append(
                    Posting(level: level, ordinal: ordinal, weight: document.weights[index]))
            }
        }
        let terms = postings.keys.sorted()
        let lists = terms.map { term in
            (postings[term] ?? []).sorted { ($0.level, $0.ordinal) < ($1.level, $1.ordinal) }
        }
        var writer = WindowListWriter(documents: documents.count)
        for (term, list) in zip(terms, lists) {
            let ends = (0..<levelCount).map { level in UInt32(list.count { $0.level <= level }) }
            writer.append(
                term, ordinals: list.map { UInt16($0.ordinal) }[...], weights: list.map(\.weight)[...], ends: ends)
        }
        writer.finish()
        var body = ByteWriter()
        writer.encodeDirectory(into: &body)
        directory = body.bytes
        chunks = writer.chunks
        self.terms = terms
        self.lists = lists
        let positions = Dictionary(uniqueKeysWithValues: zip(terms, UInt32(0)...))
        var forward = ForwardWriter(terms: terms.count, components: documents.reduce(0) { max($0, $1.terms.count) })
        for document in documents {
            forward.append(
                identifier: document.identifier, positions: document.terms.map { positions[$0] ?? .max }[...],
                weights: document.weights[...])
        }
        forward.finish()
        var table = ByteWriter()
        for offset in forward.offsets { table.u32(offset) }
        self.forward = table.bytes
        forwardChunks = forward.chunks
    }

    /// The level of each component, as FORMAT.md has it: how many bounds the mass of the heavier components reaches.
    static func levels(_ weights: [Float]) -> [Int] {
        let mass = weights.reduce(0, +)
        var levels = [Int](repeating: 0, count: weights.count)
        var heavier: Float = 0
        for index in weights.indices.sorted(by: { (weights[$0], $1) > (weights[$1], $0) }) {
            levels[index] = WindowLevels.bounds.count { heavier >= $0 * mass }
            heavier += weights[index]
        }
        return levels
    }

    /// Documents of which few terms are frequent and most are rare.
    static func documents(
        _ random: inout SeededGenerator, count: Int, draws: Int, vocabulary: Int, extreme: Bool = false
    ) -> [Document] {
        (0..<count).map { number in
            var terms: Set<TermID> = []
            for _ in 0...random.next() % UInt64(draws) {
                let place = Double.random(in: 0..<1, using: &random)
                terms.insert(TermID(place * place * place * Double(vocabulary)) * 3)
            }
            let weights = terms.map { _ in
                extreme ? Arbitrary.weight(&random) : Float.random(in: 0.001...4, using: &random)
            }
            return Document(identifier: "id-\(number)", terms: terms.sorted(), weights: weights)
        }
    }
}
