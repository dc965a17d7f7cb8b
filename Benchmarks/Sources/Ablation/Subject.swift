import Foundation
import Measure

@testable import SparseStore

#if canImport(Glibc)
    import Glibc
#endif

/// An open store, and the queries resolved for it.
final class Subject {
    let name: String
    private let store: Store
    private let snapshot: Snapshot
    let queries: [ResolvedQuery]
    private let limit: Int

    init(_ name: String, at path: String, _ file: CSRFile, count: Int, limit: Int) throws {
        self.name = name
        self.limit = limit
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createsIfMissing = false
        store = try Store.open(at: path, configuration: configuration)
        let snapshot = try store.read { $0 }
        self.snapshot = snapshot
        queries = try (0..<min(count, file.rows)).map { try snapshot.resolve(Query(vector: file.vector($0)), .none) }
    }

    deinit { store.close() }

    /// The store's own effort for a recall and a query of median length, by which all queries are searched; nil for an
    /// exact search.
    func effort(_ recall: Recall) -> Effort? {
        let lengths = queries.map(\.terms.count).sorted()
        return snapshot.state.planner.choose(
            recall, terms: lengths.isEmpty ? 0 : lengths[lengths.count / 2], limit: limit
        ).effort
    }

    /// Searches like `Snapshot/search`, but with a given plan and without some optimizations.
    private func search(_ query: ResolvedQuery, _ variant: Variant, _ counters: inout SearchCounters) throws
        -> [FoundDocument]
    {
        try snapshot.source.scratch.withScratch { scratch in
            scratch.optimizations = variant.optimizations
            defer { scratch.optimizations = .all }
            return try FirstStage(
                view: snapshot.view, query: query, limit: limit, minimumScore: nil, effort: variant.effort
            ).run(scratch, &counters)
        }
    }

    /// Returns the true scores, best first, of the hits of each query with a variant, and the cost.
    func answers(_ variant: Variant) throws -> (hits: [[String]], scores: [[Float]], counters: [SearchCounters]) {
        var (hits, scores, all): ([[String]], [[Float]], [SearchCounters]) = ([], [], [])
        for query in queries {
            var counters = SearchCounters()
            let found = try search(query, variant, &counters)
            hits.append(found.map(\.id))
            scores.append(
                try snapshot.source.scratch.withScratch {
                    try snapshot.view.scores(of: found.map(\.place), query, nil, $0).sorted(by: >)
                })
            all.append(counters)
        }
        return (hits, scores, all)
    }

    /// Returns the processor time of each query in microseconds.
    func times(_ variant: Variant) throws -> [Double] {
        try queries.map { query in
            var counters = SearchCounters()
            let start = threadSeconds()
            _ = try search(query, variant, &counters)
            return (threadSeconds() - start) * 1e6
        }
    }

    /// Returns the wall time of each query in microseconds.
    func waits(_ variant: Variant) throws -> [Double] {
        try queries.map { query in
            var counters = SearchCounters()
            return try seconds { _ = try search(query, variant, &counters) } * 1e6
        }
    }
}

/// Drops a file from the page cache, except for mapped pages.
func evict(_ path: String) throws {
    #if os(Linux)
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw Failure("cannot open \(path)") }
        defer { close(file) }
        guard fsync(file) == 0, posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0 else {
            throw Failure("\(path) cannot be dropped from the cache")
        }
    #else
        throw Failure("files can be dropped from the cache only on Linux")
    #endif
}
