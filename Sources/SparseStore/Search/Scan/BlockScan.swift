internal import SparseFormat

/// A search of a block index. It finds the documents with the best sums of codes in the blocks with large enough
/// estimates.
///
/// The summaries of all chosen lists are scored first. Then blocks are visited in the order of their estimates, across
/// all lists, and the search ends when the best remaining estimate is too small. Seismic (Bruch et al., SIGIR 2024)
/// searches list by list instead, so it searches the first lists before it knows what score a document must reach.
struct BlockScan {
    let view: BlockView
    let plan: BlockPlan
    let count: Int
    let budget: SearchBudget
    /// Whether to request data from the disk ahead of reading it (`ScanScratch`).
    let readsAhead: Bool
    /// Returns whether the document at a place may be found.
    let isAllowed: (DocumentPlace) -> Bool

    /// The contribution of the heaviest query term for a code of 255, in units of the sums.
    private static let heaviest: Float = 1_023
    /// The share of the heaviest term's contribution below which terms are not looked up in summaries.
    private static let lightest: Float = 0.1
    /// The number of documents whose lines are requested together.
    private static let together = 32

    private struct Block {
        let promise: UInt32
        let list: UInt16
        let number: UInt16
    }

    /// Returns the places of the best `count` documents by their sums.
    func run(
        _ query: ResolvedQuery, _ scratch: BlockScratch, _ counters: inout SearchCounters
    ) throws -> [DocumentPlace] {
        let index = view.index
        var terms: [(number: Int, most: Float)] = []
        for (term, weight) in zip(query.terms, query.weights) {
            guard let number = index.directory.number(of: term) else { continue }
            terms.append((number, weight * index.directory.entries[number].maximum))
        }
        guard let most = terms.map(\.most).max() else { return [] }
        // The terms of a query ascend, and so do their numbers.
        let lightest = plan.isBestFirst ? Self.lightest * most : 0
        let numbers = terms.filter { $0.most >= lightest }.map { UInt16(truncatingIfNeeded: $0.number) }
        for term in terms {
            // Products that overflow or vanish have no ratio; each then counts as the heaviest.
            let share = term.most / most
            scratch.multipliers[term.number] = UInt16(((share.isNaN ? 1 : share) * Self.heaviest).rounded())
        }
        defer { for term in terms { scratch.multipliers[term.number] = 0 } }
        terms.sort { $0.most != $1.most ? $0.most > $1.most : $0.number < $1.number }
        let chosen = terms.filter { index.directory.entries[$0.number].postings > 0 }.prefix(plan.lists)
        if readsAhead { for term in chosen { index.readAhead(term.number) } }
        let lists = try chosen.compactMap { try index.list($0.number) }
        counters.lists += lists.count
        var found = Found(
            count: count, visited: scratch.visited(slots: index.directory.slots),
            postings: lists.reduce(0) { $0 + $1.postings }, lines: index.directory.lines)
        defer { found.clearVisited() }
        if plan.isBestFirst {
            try visitBestFirst(lists, numbers, scratch, &found, &counters)
        } else {
            try visitInOrder(lists, numbers, scratch, &found, &counters)
        }
        try score(&found, scratch, &counters)
        return try found.best.values.compactMap { try place(of: Int(UInt32(truncatingIfNeeded: $0))) }
    }

    private func visitInOrder(
        _ lists: [BlockList], _ numbers: [UInt16], _ scratch: BlockScratch, _ found: inout Found,
        _ counters: inout SearchCounters
    ) throws {
        for list in lists {
            try budget.check()
            counters.postings += try promises(of: list, numbers, scratch)
            for block in 0..<list.blocks {
                if isHopeless(scratch.sums[block], found) {
                    counters.blocksSkipped += 1
                } else {
                    try visit(list, block, scratch, &found, &counters, scoringFrom: 1)
                }
            }
        }
    }

    private func visitBestFirst(
        _ lists: [BlockList], _ numbers: [UInt16], _ scratch: BlockScratch, _ found: inout Found,
        _ counters: inout SearchCounters
    ) throws {
        var blocks: [Block] = []
        for (position, list) in lists.enumerated() {
            try budget.check()
            counters.postings += try promises(of: list, numbers, scratch)
            blocks.reserveCapacity(blocks.count + list.blocks)
            for block in 0..<list.blocks {
                blocks.append(
                    Block(
                        promise: scratch.sums[block], list: UInt16(truncatingIfNeeded: position),
                        number: UInt16(truncatingIfNeeded: block)))
            }
        }
        let order = Self.order(blocks)
        for (position, index) in order.enumerated() {
            let block = blocks[Int(index)]
            if isHopeless(block.promise, found) {
                counters.blocksSkipped += order.count - position
                break
            }
            if position % 256 == 255 { try budget.check() }
            if position + 2 < order.count {
                let next = blocks[Int(order[position + 2])]
                lists[Int(next.list)].prefetchPostings(of: Int(next.number))
            }
            try visit(
                lists[Int(block.list)], Int(block.number), scratch, &found, &counters, scoringFrom: Self.together)
        }
    }

    /// Scores the summaries of a list; returns how many of their components were read.
    private func promises(of list: BlockList, _ numbers: [UInt16], _ scratch: BlockScratch) throws -> Int {
        scratch.sums.update(repeating: 0, count: list.blocks)
        return try list.addSummaries(of: numbers, scratch.multipliers, to: scratch.sums)
    }

    private func isHopeless(_ promise: UInt32, _ found: borrowing Found) -> Bool {
        Float(promise) < plan.heapFactor * Float(found.least)
    }

    /// Returns the numbers of the blocks, the largest estimates first. Sorts by the highest ten bits only, in one pass.
    private static func order(_ blocks: [Block]) -> [UInt32] {
        let most = blocks.reduce(UInt32(1)) { max($0, $1.promise) }
        let shift = UInt32(max(0, 22 - most.leadingZeroBitCount))
        var begins = [Int](repeating: 0, count: 1_025)
        for block in blocks { begins[1_024 - Int(block.promise >> shift)] += 1 }
        var begin = 0
        for bucket in begins.indices {
            let count = begins[bucket]
            begins[bucket] = begin
            begin += count
        }
        var order = [UInt32](repeating: 0, count: blocks.count)
        for (index, block) in blocks.enumerated() {
            let bucket = 1_024 - Int(block.promise >> shift)
            order[begins[bucket]] = UInt32(truncatingIfNeeded: index)
            begins[bucket] += 1
        }
        return order
    }

    /// Queues the unvisited documents of a block, and scores the queue when it is long enough.
    private func visit(
        _ list: BlockList, _ block: Int, _ scratch: BlockScratch, _ found: inout Found,
        _ counters: inout SearchCounters, scoringFrom enough: Int
    ) throws {
        counters.blocks += 1
        let lines = view.index.lines
        let slots = view.index.directory.slots
        let postings = list.range(of: block)
        try found.read(postings: postings.count)
        for posting in postings {
            let slot = list.slot(posting)
            guard slot < slots else { throw FormatError(.blockLists, "slot \(slot)") }
            if found.visit(slot) { lines.prefetchPlace(of: slot) }
        }
        if found.pending.count >= enough { try score(&found, scratch, &counters) }
    }

    /// Scores the queued documents.
    private func score(
        _ found: inout Found, _ scratch: BlockScratch, _ counters: inout SearchCounters
    ) throws {
        let index = view.index
        let lines = index.lines
        for position in found.pending.indices {
            let slot = found.pending[position].slot
            try index.provePlace(of: slot)
            let place = lines.place(of: slot)
            if readsAhead { index.readAhead(at: place) }
            lines.prefetchHead(at: place)
            found.pending[position].place = place
        }
        for document in found.pending {
            try index.proveLines(at: document.place)
            var read = 0
            let sum = lines.score(
                at: document.place, scratch.multipliers, headAtLeast: UInt32(Float(found.least) * plan.headShare), &read
            )
            counters.lines += read
            try found.read(lines: read)
            // Few documents get here, so only their places and filters are looked up.
            guard let sum, sum > found.least, let place = try place(of: document.slot), isAllowed(place) else {
                continue
            }
            found.best.insert(UInt64(sum) << 32 | UInt64(document.slot))
        }
        counters.documentsEstimated += found.pending.count
        found.pending.removeAll(keepingCapacity: true)
    }

    /// Returns the place of the document at a slot; nil if its source segment no longer exists.
    private func place(of slot: Int) throws -> DocumentPlace? {
        let document = view.index.lines.document(at: slot)
        guard document < view.index.record.documents else { throw FormatError(.blockCounts, "document \(document)") }
        return view.place(of: document)
    }
}

extension BlockScan {
    /// The documents that a search of a block index has found so far. Uses pointers; callers check the slots.
    struct Found {
        /// The best documents, as sum << 32 | slot.
        var best: BoundedMinimumHeap<UInt64>
        /// The documents to be scored, and the position of their lines once it is known.
        var pending: [(slot: Int, place: Int)] = []
        /// The numbers of postings in the chosen lists and of lines in the index that were not read yet. A sound index
        /// is read at most once; without these bounds, blocks that share postings or documents that share lines could
        /// be read endlessly.
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
        /// - Throws: `blockLists` if fewer postings are left.
        @inline(__always)
        mutating func read(postings: Int) throws {
            postingsLeft -= postings
            guard postingsLeft >= 0 else { throw FormatError(.blockLists, "blocks share postings") }
        }

        /// Counts lines that were read.
        ///
        /// - Throws: `blockCounts` if fewer lines were left.
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
