internal import SparseFormat

extension BlockScan {
    /// The documents that a search of a block index has found so far. Uses pointers; callers check the slots.
    struct Found {
        /// The best documents, as sum << 32 | slot.
        var best: BoundedMinimumHeap<UInt64>
        /// The documents to be scored, and the position of their lines once it is known.
        var pending: [(slot: Int, place: Int)] = []
        /// How many postings there are in the chosen lists, and lines in the index, that were not read. A sound index is read
        /// once at the most; blocks that share postings, or documents that share lines, would be read without end.
        private var postingsLeft: Int
        private var linesLeft: Int
        private let visited: UnsafeMutablePointer<UInt64>
        private var words: [Int] = []

        /// - Parameters:
        ///   - count: how many of the best are kept.
        ///   - visited: a bit for each slot, all 0.
        ///   - postings: in all lists that are searched.
        ///   - lines: in the index.
        init(count: Int, visited: UnsafeMutablePointer<UInt64>, postings: Int, lines: Int) {
            postingsLeft = postings
            linesLeft = lines
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

        /// Counts postings that are going to be read.
        ///
        /// - Throws: `blockLists` when there are not so many left.
        @inline(__always)
        mutating func read(postings: Int) throws {
            postingsLeft -= postings
            guard postingsLeft >= 0 else { throw FormatError(.blockLists, "blocks share postings") }
        }

        /// Counts lines that were read.
        ///
        /// - Throws: `blockCounts` when there were not so many left.
        @inline(__always)
        mutating func read(lines: Int) throws {
            linesLeft -= lines
            guard linesLeft >= 0 else { throw FormatError(.blockCounts, "documents share lines") }
        }

        /// Makes all bits 0 again.
        mutating func clearVisited() {
            for word in words { visited[word] = 0 }
            words.removeAll()
        }
    }
}
