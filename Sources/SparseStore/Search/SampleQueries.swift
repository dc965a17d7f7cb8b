internal import SparseFormat

/// Makes queries from a store's documents, for tuning without queries of the caller.
struct SampleQueries {
    let index: IndexView

    /// The number of terms in a short and in a long query. Inference-free queries have 5 to 15, encoded ones 20 to 50.
    static let lengths = [8, 32]

    /// Returns `count` queries for each length. Each query takes some of the heavier terms of one document and up to
    /// half as many of another, because a query seldom repeats a document. The same seed makes the same queries.
    func groups(count: Int, seed: UInt64) throws -> [[ResolvedQuery]] {
        var generator = SplitMix64(seed: seed)
        let members = index.members.indices.filter {
            index.members[$0].segment.documentCount > index.members[$0].deadCount
        }
        guard !members.isEmpty else { return [] }
        return try Self.lengths.map { length in
            try (0..<count).map { _ in
                var components: [TermID: Float] = [:]
                for share in [length - length / 3, length / 3] {
                    let member = members[Int(generator.next() % UInt64(members.count))]
                    var document: [(term: TermID, weight: Float)] = []
                    try index.forEachComponent(of: livePlace(in: member, &generator)) { document.append(($0, $1)) }
                    document.sort { $0.weight > $1.weight }
                    // Two of three of the heaviest terms, so that the document is not simply its own answer.
                    for (term, weight) in document where generator.next() % 3 > 0 {
                        guard components[term] == nil else { continue }
                        components[term] = weight
                        if components.count >= length - (share == length / 3 ? 0 : length / 3) { break }
                    }
                }
                return ResolvedQuery(components.map { ($0.key, $0.value) })
            }
        }
    }

    /// Returns a random live document of a member that has one.
    private func livePlace(in member: Int, _ generator: inout SplitMix64) -> DocumentPlace {
        let count = index.members[member].segment.documentCount
        var ordinal = Int(generator.next() % UInt64(count))
        while !index.members[member].isLive(ordinal) { ordinal = (ordinal + 1) % count }
        return DocumentPlace(member: member, ordinal: ordinal)
    }
}
