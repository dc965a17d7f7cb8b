internal import SparseFormat

/// The changes of document frequencies in one transaction. Terms are collected and summed in large batches, because a
/// dictionary lookup for each component would take a tenth of a commit's time.
struct FrequencyChanges {
    private let most: Int
    private var added: [TermID] = []
    private var removed: [TermID] = []
    private var sums: [TermID: Int64] = [:]

    /// - Parameter most: The number of terms to collect before summing, which bounds the memory of a long transaction.
    init(most: Int = 1 << 22) {
        self.most = most
    }

    /// Adds the terms of a new document.
    mutating func add(_ terms: [TermID]) {
        added += terms
        settleIfLong()
    }

    /// Subtracts a term of a removed document.
    mutating func remove(_ term: TermID) {
        removed.append(term)
        settleIfLong()
    }

    /// Returns the terms whose frequency changes, in ascending order, and the changes.
    func ascending() -> [(term: TermID, change: Int64)] {
        let collected = Self.sum(added, removed)
        guard !sums.isEmpty else { return collected }
        return sums.merging(collected.map { ($0.term, $0.change) }, uniquingKeysWith: +)
            .filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { (term: $0.key, change: $0.value) }
    }

    private mutating func settleIfLong() {
        guard added.count + removed.count >= most else { return }
        for (term, change) in Self.sum(added, removed) { sums[term, default: 0] += change }
        added = []
        removed = []
    }

    private static func sum(_ added: [TermID], _ removed: [TermID]) -> [(term: TermID, change: Int64)] {
        let slots = TermSlots(removed.isEmpty ? added : added + removed)
        var changes = [Int64](repeating: 0, count: slots.count)
        for term in added { changes[slots.slot(of: term)] += 1 }
        for term in removed { changes[slots.slot(of: term)] -= 1 }
        return changes.indices.filter { changes[$0] != 0 }.map { (slots.term(at: $0), changes[$0]) }
    }
}
