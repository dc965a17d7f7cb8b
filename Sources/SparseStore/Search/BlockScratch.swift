internal import SparseFormat

/// The memory for searching a block index. It is allocated when first needed and reused by later searches.
///
/// Invariant between searches: every multiplier and every bit of `visited` is 0.
final class BlockScratch {
    /// The query weights by term number of the index, one for each value of a u16.
    let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_536)
    /// The estimates of one list, by block.
    let sums = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536)
    /// The visited documents, one bit per slot.
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

    /// Returns a bit for each of the given number of slots.
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
