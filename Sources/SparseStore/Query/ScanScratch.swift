internal import SparseFormat

/// The memory one search needs beside its answer; reused from search to search.
///
/// Invariant between searches: every accumulator is 0 and so is every entry of the weight table.
final class ScanScratch {
    /// One 16-bit accumulator for each ordinal a u16 can name: no list can reach outside, whatever its bytes say.
    let accumulators = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_536)
    /// Query weights by term number, for terms below `tableLimit`.
    private(set) var table: UnsafeMutablePointer<Float>
    private(set) var tableLimit: Int

    /// Term numbers from here on are looked up by merging instead of in the table.
    static let maximumTableLimit = 1 << 22

    init() {
        accumulators.initialize(repeating: 0, count: 65_536)
        tableLimit = 1 << 15
        table = .allocate(capacity: tableLimit)
        table.initialize(repeating: 0, count: tableLimit)
    }

    deinit {
        accumulators.deallocate()
        table.deallocate()
    }

    /// Whether the table can hold the query's terms; grows it as far as it may.
    func load(_ query: ResolvedQuery) -> Bool {
        guard let last = query.terms.last else { return true }
        let needed = Int(last) + 1
        guard needed <= Self.maximumTableLimit else { return false }
        if needed > tableLimit {
            table.deallocate()
            tableLimit = min(Self.maximumTableLimit, max(needed, tableLimit * 2))
            table = .allocate(capacity: tableLimit)
            table.initialize(repeating: 0, count: tableLimit)
        }
        for (term, weight) in zip(query.terms, query.weights) { table[Int(term)] = weight }
        return true
    }

    /// Undoes `load`.
    func unload(_ query: ResolvedQuery) {
        for term in query.terms where Int(term) < tableLimit { table[Int(term)] = 0 }
    }
}
