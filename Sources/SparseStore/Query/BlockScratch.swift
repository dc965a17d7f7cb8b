internal import SparseFormat

/// The memory that a search of a block index needs; made when first needed, reused from search to search.
///
/// Invariant between searches: every multiplier and every bit of `visited` is 0.
final class BlockScratch {
    /// The query by term number of the index: one for each number a u16 can be.
    let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_536)
    /// What the summaries of one list promise, by block.
    let sums = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536)
    /// One bit a slot: the documents that were looked at.
    private(set) var visited: [UInt64] = []
    private var touched: [Int] = []

    init() {
        multipliers.initialize(repeating: 0, count: 65_536)
        sums.initialize(repeating: 0, count: 65_536)
    }

    deinit {
        multipliers.deallocate()
        sums.deallocate()
    }

    /// Has room for so many slots.
    func reserve(slots: Int) {
        if visited.count < slots / 64 { visited = [UInt64](repeating: 0, count: slots / 64) }
    }

    /// Marks a slot below the reserved ones; false when it was marked already.
    @inline(__always)
    func visit(_ slot: Int) -> Bool {
        let bit = UInt64(1) << UInt64(slot & 63)
        guard visited[slot >> 6] & bit == 0 else { return false }
        visited[slot >> 6] |= bit
        touched.append(slot >> 6)
        return true
    }

    func clearVisited() {
        for word in touched { visited[word] = 0 }
        touched.removeAll(keepingCapacity: true)
    }
}
