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
    private var visited = UnsafeMutablePointer<UInt64>.allocate(capacity: 0)
    private var slots = 0

    init() {
        multipliers.initialize(repeating: 0, count: 65_536)
        sums.initialize(repeating: 0, count: 65_536)
    }

    deinit {
        multipliers.deallocate()
        sums.deallocate()
        visited.deallocate()
    }

    /// A bit for each of so many slots.
    func visited(slots: Int) -> UnsafeMutablePointer<UInt64> {
        if slots > self.slots {
            let words = (slots + 63) / 64
            visited.deallocate()
            visited = .allocate(capacity: words)
            visited.initialize(repeating: 0, count: words)
            self.slots = slots
        }
        return visited
    }
}
