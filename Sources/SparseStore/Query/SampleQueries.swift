internal import SparseFormat

/// Queries made from a store's own documents, where the caller has none to tune with.
struct SampleQueries {
    let index: IndexView

    /// Terms of a short and of a long query: inference-free ones have 5 to 15, encoded ones 20 to 50.
    static let lengths = [8, 32]

    /// For each length so many queries, each some of the heavier terms of one document and, to half of that, of another:
    /// a query seldom repeats a document. The same seed makes the same queries.
    func groups(count: Int, seed: UInt64) throws -> [[ResolvedQuery]] {
        var generator = SplitMix64(seed: seed)
        let members = index.members.filter { $0.segment.documentCount > $0.deadCount }
        guard !members.isEmpty else { return [] }
        return try Self.lengths.map { length in
            try (0..<count).map { _ in
                var components: [TermID: Float] = [:]
                for share in [length - length / 3, length / 3] {
                    let member = members[Int(generator.next() % UInt64(members.count))]
                    let ordinal = Int(generator.next() % UInt64(member.segment.documentCount))
                    let record = try member.segment.record(at: ordinal)
                    let order = (0..<record.count).sorted { record.weight($0) > record.weight($1) }
                    // Two of three of the heaviest terms, so that the document is not simply its own answer.
                    for index in order where generator.next() % 3 > 0 {
                        // Positions in records are not proven; one past the terms is damage that a score ignores.
                        let position = record.position(index)
                        guard position < member.segment.directory.count else { continue }
                        let term = member.segment.directory.term(at: position)
                        guard components[term] == nil else { continue }
                        components[term] = record.weight(index)
                        if components.count >= length - (share == length / 3 ? 0 : length / 3) { break }
                    }
                }
                return ResolvedQuery(components.map { ($0.key, $0.value) })
            }
        }
    }
}
