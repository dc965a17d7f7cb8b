extension BlockScan {
    /// The documents that a search of a block index has found so far. Uses pointers; callers check the slots.
    struct Found {
        /// The best documents, as sum << 32 | slot.
        var best: BoundedMinimumHeap<UInt64>
        /// The documents to be scored, and the position of their lines once it is known.
        var pending: [(slot: Int, place: Int)] = []
        private let visited: UnsafeMutablePointer<UInt64>
        private var words: [Int] = []

        /// - Parameters:
        ///   - count: The number of best documents to keep.
        ///   - visited: A bit for each slot, all 0.
        init(count: Int, visited: UnsafeMutablePointer<UInt64>) {
            best = BoundedMinimumHeap(capacity: count, least: 0)
            self.visited = visited
        }

        /// The sum that a document must reach to be kept; 0 while there is room.
        var least: UInt64 { best.isFull ? best.minimum >> 32 : 0 }

        /// Marks a document as visited and queues it for scoring. Returns false if it was visited before.
        ///
        /// - Parameter slot: A slot that has a bit in `visited`.
        @inline(__always)
        mutating func visit(_ slot: Int) -> Bool {
            let bit = UInt64(1) << UInt64(slot & 63)
            guard visited[slot >> 6] & bit == 0 else { return false }
            visited[slot >> 6] |= bit
            words.append(slot >> 6)
            pending.append((slot, 0))
            return true
        }

        /// Resets all bits to 0.
        mutating func clearVisited() {
            for word in words { visited[word] = 0 }
            words.removeAll()
        }
    }
}
