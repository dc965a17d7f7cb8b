internal import LMDB
internal import Platform
internal import SparseFormat

/// The terms and documents of several shards, counted as those of one store.
///
/// Each shard numbers its string terms independently. Here a term has the number of the first shard that has it, after
/// the numbers of all earlier shards. A store that received the terms of the first shard, then the new ones of the
/// second, and so on, would number them in the same order. `merge` does that, so the products of a score are added in
/// the same order.
final class ShardTerms: QueryCorpus {
    private let snapshots: [Snapshot]
    private let failures: PartFailures
    private let schema: AttributeSchema
    let termSpace: TermSpace
    /// The offset that is added to the term numbers of each shard.
    private let bases: [TermID]
    /// The strings of the terms that were looked up, so that they stay known if a shard fails later.
    private let names = Lock<[TermID: String]>([:])

    /// - Parameters:
    ///   - snapshots: The snapshots of the shards.
    ///   - schema: The attributes of all shards.
    ///   - failures: The failures of the search.
    /// - Throws: `limitExceeded` if the shards together have more terms than there are numbers.
    init(
        _ snapshots: [Snapshot], _ schema: AttributeSchema, _ failures: PartFailures
    ) throws(SparseStoreError) {
        self.snapshots = snapshots
        self.schema = schema
        self.failures = failures
        termSpace = snapshots.lazy.map(\.termSpace).first { $0 != .undecided } ?? .undecided
        var bases: [TermID] = []
        var sum: UInt64 = 0
        for snapshot in snapshots {
            bases.append(TermID(truncatingIfNeeded: sum))
            sum += UInt64(snapshot.manifest.nextTerm)
        }
        guard sum <= UInt64(TermID.max) else {
            throw SparseStoreError(
                .limitExceeded, problem: "the shards have \(sum) terms in total, but the limit is \(TermID.max)",
                remedy: "use fewer shards")
        }
        self.bases = bases
    }

    private var hasNames: Bool { termSpace == .strings }

    /// Calls `body` with each shard that has not failed.
    private func forEachShard(_ body: (Int, Snapshot) throws -> Void) throws {
        for shard in snapshots.indices { _ = try failures.attempt(shard) { try body(shard, snapshots[shard]) } }
    }

    func terms(named names: [String]) throws -> [TermID?] {
        var terms = [TermID?](repeating: nil, count: names.count)
        try forEachShard { shard, snapshot in
            let missing = terms.indices.filter { terms[$0] == nil }
            guard !missing.isEmpty else { return }
            for (index, term) in zip(missing, try snapshot.terms(named: missing.map { names[$0] })) {
                terms[index] = term.map { bases[shard] + $0 }
            }
        }
        self.names.withLock { known in
            for (term, name) in zip(terms, names) { if let term { known[term] = name } }
        }
        return terms
    }

    func name(of term: TermID) throws -> String? {
        guard hasNames else { return nil }
        if let name = names.withLock({ $0[term] }) { return name }
        let shard = shard(of: term)
        return try snapshots[shard].name(of: term - bases[shard])
    }

    /// Returns the shard that a term number comes from.
    private func shard(of term: TermID) -> Int { bases.lastIndex { $0 <= term } ?? 0 }

    func vector(of id: String) throws -> [(TermID, Float)]? {
        var found: [(TermID, Float)]?
        try forEachShard { shard, snapshot in
            guard found == nil, let vector = try snapshot.vector(of: id) else { return }
            found = try components(vector, of: shard)
        }
        return found
    }

    func frequencies(of terms: [TermID], in filter: Filter?) throws -> (documents: Int, counts: [Int]) {
        var documents = 0
        var counts = [Int](repeating: 0, count: terms.count)
        try forEachShard { shard, snapshot in
            let numbers = try numbers(of: terms, in: shard)
            let known = numbers.indices.filter { numbers[$0] != nil }
            let found = try snapshot.frequencies(of: known.compactMap { numbers[$0] }, in: filter, schema)
            documents += found.documents
            for (index, count) in zip(known, found.counts) { counts[index] += count }
        }
        return (documents, counts)
    }

    func query(_ query: ResolvedQuery, in part: Int) throws -> ResolvedQuery {
        guard hasNames else { return query }
        return query.renumbered(try numbers(of: query.terms, in: part))
    }

    /// Returns the numbers of terms in a shard; nil for terms that it does not have.
    private func numbers(of terms: [TermID], in shard: Int) throws -> [TermID?] {
        guard hasNames, shard > 0 else {
            // A term of the first shard counts under its own number there. It lacks the other terms.
            return terms.map { hasNames && snapshots.count > 1 && $0 >= bases[1] ? nil : $0 }
        }
        let names = try terms.map { try name(of: $0) }
        let known = names.indices.filter { names[$0] != nil }
        var numbers = [TermID?](repeating: nil, count: terms.count)
        let found = try snapshots[shard].terms(named: known.compactMap { names[$0] })
        for (index, number) in zip(known, found) { numbers[index] = number }
        return numbers
    }

    func components(_ components: [(TermID, Float)], of part: Int) throws -> [(TermID, Float)] {
        guard hasNames, part > 0 else { return components }
        let names = try components.map { term, _ in
            guard let name = try snapshots[part].name(of: term) else {
                throw SparseStoreError.corrupted("a document has a term whose name is not stored")
            }
            return name
        }
        return zip(try terms(named: names), components)
            .map { term, component in (term ?? bases[part] + component.0, component.1) }
            .sorted { $0.0 < $1.0 }
    }
}
