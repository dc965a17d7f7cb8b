extension BlockScan {
    /// What a search of a block index has found so far. One of the files that use pointers: slots are compared by who asks.
    struct Found {
        /// Sum << 32 | slot.
        var best: BoundedMinimumHeap<UInt64>
        /// Documents that wait to be scored, and where their lines begin once that is known.
        var pending: [(slot: Int, place: Int)] = []
        private let visited: UnsafeMutablePointer<UInt64>
        private var words: [Int] = []

        /// - Parameters:
        ///   - count: how many of the best are kept.
        ///   - visited: a bit for each slot, all 0.
        init(count: Int, visited: UnsafeMutablePointer<UInt64>) {
            best = BoundedMinimumHeap(capacity: count, least: 0)
            self.visited = visited
        }

        /// What a sum must reach to be kept; 0 while there is room.
        var least: UInt64 { best.isFull ? best.minimum >> 32 : 0 }

        /// Whether a document is looked at for the first time; then it waits to be scored.
        ///
        /// - Parameter slot: one that `visited` has a bit for.
        @inline(__always)
        mutating func visit(_ slot: Int) -> Bool {
            let bit = UInt64(1) << UInt64(slot & 63)
            guard visited[slot >> 6] & bit == 0 else { return false }
            visited[slot >> 6] |= bit
            words.append(slot >> 6)
            pending.append((slot, 0))
            return true
        }

        /// Makes all bits 0 again.
        mutating func clearVisited() {
            for word in words { visited[word] = 0 }
            words.removeAll()
        }
    }
}
