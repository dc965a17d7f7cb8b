internal import CKernels
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
    /// The share of the best estimates that the next blocks reach, until as many documents as wanted are found.
    private static let share: Float = 0.8
    /// The estimate below which all blocks that are left are visited together.
    private static let smallEstimate: UInt32 = 16
    /// The number of documents whose lines are requested together.
    private static let together = 32

    private struct Block {
        let estimate: UInt32
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
        let estimates = scratch.estimates(blocks: lists.reduce(0) { $0 + $1.blocks })
        counters.postings += try estimate(lists, numbers, scratch, estimates)
        if plan.isBestFirst {
            try visitBestFirst(lists, estimates, scratch, &found, &counters)
        } else {
            try visitInOrder(lists, estimates, scratch, &found, &counters)
        }
        try score(&found, scratch, &counters)
        return try found.best.values.compactMap { try place(of: Int(UInt32(truncatingIfNeeded: $0))) }
    }

    /// Scores the summaries of all lists. Returns how many of their components were read.
    ///
    /// What one step reads is requested from memory in the step before, for all lists.
    ///
    /// - Parameter estimates: The estimates of the blocks, list by list; all 0.
    private func estimate(
        _ lists: [BlockList], _ numbers: [UInt16], _ scratch: BlockScratch, _ estimates: UnsafeMutablePointer<UInt32>
    ) throws -> Int {
        for list in lists { list.prefetchTerms() }
        let found = scratch.found(lists.count * numbers.count)
        numbers.withUnsafeBufferPointer { numbers in
            for (position, list) in lists.enumerated() {
                list.findColumns(of: numbers, found + position * numbers.count)
            }
        }
        try budget.check()
        scratch.columns.removeAll(keepingCapacity: true)
        var begin = 0
        var read = 0
        for (position, list) in lists.enumerated() {
            var readOfList = 0
            for (index, number) in numbers.enumerated() {
                guard let column = list.column(at: found[position * numbers.count + index], of: number) else {
                    continue
                }
                readOfList += column.components.count
                scratch.columns.append((position, begin, column))
            }
            // A sound list is read at most once.
            guard readOfList <= list.components else {
                throw FormatError(.blockLists, "two columns claim the same components")
            }
            begin += list.blocks
            read += readOfList
        }
        for (list, begin, column) in scratch.columns {
            lists[list].add(
                column, multiplier: UInt32(scratch.multipliers[Int(column.number)]), to: estimates + begin)
        }
        return read
    }

    private func visitInOrder(
        _ lists: [BlockList], _ estimates: UnsafeMutablePointer<UInt32>, _ scratch: BlockScratch,
        _ found: inout Found, _ counters: inout SearchCounters
    ) throws {
        var begin = 0
        for list in lists {
            try budget.check()
            for block in 0..<list.blocks {
                if isHopeless(estimates[begin + block], found) {
                    counters.blocksSkipped += 1
                } else {
                    try visit(list, block, scratch, &found, &counters, scoringFrom: 1)
                }
            }
            begin += list.blocks
        }
    }

    /// Visits the blocks with large estimates. The best of them tell which score a document must reach; of the others,
    /// only those that may reach it are put in order.
    private func visitBestFirst(
        _ lists: [BlockList], _ estimates: UnsafeMutablePointer<UInt32>, _ scratch: BlockScratch,
        _ found: inout Found, _ counters: inout SearchCounters
    ) throws {
        let count = lists.reduce(0) { $0 + $1.blocks }
        let visited = counters.blocks
        var most: UInt32 = 0
        for block in 0..<count { most = max(most, estimates[block]) }
        var ceiling = UInt32.max
        var floor = most
        repeat {
            // The next blocks to visit; all that are left once the rest is small.
            floor =
                found.best.isFull
                ? min(floor, UInt32(plan.heapFactor * Float(found.least))) : UInt32(Float(floor) * Self.share)
            if floor < Self.smallEstimate { floor = 0 }
            guard floor < ceiling else { break }
            let blocks = select(lists, estimates, floor..<ceiling, scratch)
            for (position, block) in blocks.enumerated() where !isHopeless(block.estimate, found) {
                if position % 256 == 255 { try budget.check() }
                if position + 2 < blocks.count {
                    let next = blocks[position + 2]
                    lists[Int(next.list)].prefetchPostings(of: Int(next.number))
                }
                try visit(
                    lists[Int(block.list)], Int(block.number), scratch, &found, &counters,
                    scoringFrom: Self.together)
            }
            try score(&found, scratch, &counters)
            ceiling = floor
        } while floor > 0
        counters.blocksSkipped += count - (counters.blocks - visited)
    }

    /// Returns the blocks whose estimates are in a range, roughly the largest first: those whose estimates differ by
    /// less than 1/64 of the range are in no order.
    private func select(
        _ lists: [BlockList], _ estimates: UnsafeMutablePointer<UInt32>, _ range: Range<UInt32>,
        _ scratch: BlockScratch
    ) -> [Block] {
        var selected: [Block] = []
        var begin = 0
        var most = range.lowerBound
        for (position, list) in lists.enumerated() {
            let count = BlockKernels.select(estimates + begin, count: list.blocks, in: range, scratch.selected)
            for index in 0..<count {
                let block = Int(scratch.selected[index])
                let estimate = estimates[begin + block]
                most = max(most, estimate)
                selected.append(
                    Block(
                        estimate: estimate, list: UInt16(truncatingIfNeeded: position),
                        number: UInt16(truncatingIfNeeded: block)))
            }
            begin += list.blocks
        }
        let buckets = 64
        let width = (most - range.lowerBound) / UInt32(buckets) + 1
        var begins = [Int](repeating: 0, count: buckets)
        for block in selected { begins[Int((most - block.estimate) / width)] += 1 }
        var sum = 0
        for bucket in begins.indices {
            sum += begins[bucket]
            begins[bucket] = sum - begins[bucket]
        }
        var ordered = selected
        for block in selected {
            let bucket = Int((most - block.estimate) / width)
            ordered[begins[bucket]] = block
            begins[bucket] += 1
        }
        return ordered
    }

    private func isHopeless(_ promise: UInt32, _ found: borrowing Found) -> Bool {
        Float(promise) < plan.heapFactor * Float(found.least)
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
        var read = 0
        for position in found.pending.indices {
            let slot = found.pending[position].slot
            try index.provePlace(of: slot)
            let place = lines.place(of: slot)
            if readsAhead { index.readAhead(at: place) }
            lines.prefetchHead(at: place)
            found.pending[position].place = place
        }
        let headLeast = UInt32(Float(found.least) * plan.headShare)
        var kept = 0
        for position in found.pending.indices {
            var document = found.pending[position]
            try index.proveLines(at: document.place)
            let head = lines.head(at: document.place, scratch.multipliers, usesAVX2: WindowKernels.hasAVX2)
            read += min(2, 1 + head.rest)
            guard head.rest == 0 || head.sum >= headLeast else { continue }
            lines.prefetchRest(at: document.place, lines: head.rest)
            document.sum = head.sum
            document.rest = head.rest
            found.pending[kept] = document
            kept += 1
        }
        for document in found.pending[..<kept] {
            var sum = document.sum
            if document.rest > 0 {
                let rest = lines.rest(
                    at: document.place, lines: document.rest, scratch.multipliers, usesAVX2: WindowKernels.hasAVX2)
                sum &+= rest.sum
                read += rest.lines
            }
            // Few documents get here, so only their places and filters are looked up.
            guard sum > found.least, let place = try place(of: document.slot), isAllowed(place) else { continue }
            found.best.insert(UInt64(sum) << 32 | UInt64(document.slot))
        }
        counters.lines += read
        try found.read(lines: read)
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
        /// A document that is being scored.
        struct Pending {
            let slot: Int
            /// The position of its lines, once it is known.
            var place = 0
            /// The sum of its first two lines, and the number of the others.
            var sum: UInt32 = 0
            var rest = 0
        }

        /// The best documents, as sum << 32 | slot.
        var best: BoundedMinimumHeap<UInt64>
        /// The documents to be scored, and the position of their lines once it is known.
        var pending: [Pending] = []
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
            pending.append(Pending(slot: slot))
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
    /// The query weights by term number of the index, one for each value of a u16 and one behind them.
    let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
    /// The blocks that were selected from one list.
    let selected = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536)
    /// The columns of summaries that a query reads, each with its list and the first block of the list.
    var columns: [(list: Int, begin: Int, column: SummaryColumn)] = []
    /// The visited documents, one bit per slot.
    private var visited = UnsafeMutablePointer<UInt64>.allocate(capacity: 0)
    private var slots = 0
    private var estimates = UnsafeMutablePointer<UInt32>.allocate(capacity: 0)
    private var blocks = 0
    private var found = UnsafeMutablePointer<Int>.allocate(capacity: 0)
    private var columnCount = 0

    init() {
        multipliers.initialize(repeating: 0, count: 65_537)
        selected.initialize(repeating: 0, count: 65_536)
    }

    deinit {
        multipliers.deallocate()
        selected.deallocate()
        visited.deallocate()
        estimates.deallocate()
        found.deallocate()
    }

    /// Returns a 0 for each of some blocks. Behind each of them is room for all that a block number can name.
    func estimates(blocks: Int) -> UnsafeMutablePointer<UInt32> {
        if blocks > self.blocks {
            estimates.deallocate()
            estimates = .allocate(capacity: blocks + 65_536)
            estimates.initialize(repeating: 0, count: blocks + 65_536)
            self.blocks = blocks
        }
        estimates.update(repeating: 0, count: blocks)
        return estimates
    }

    /// Returns room for the positions of some columns.
    func found(_ count: Int) -> UnsafeMutablePointer<Int> {
        if count > columnCount {
            found.deallocate()
            found = .allocate(capacity: count)
            found.initialize(repeating: 0, count: count)
            columnCount = count
        }
        return found
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

/// The unchecked loops of a search of blocks.
enum BlockKernels {
    /// Writes the positions of the values that are in a range, in ascending order. Returns how many there are.
    ///
    /// - Parameter found: As many as there are values.
    static func select(
        _ values: UnsafePointer<UInt32>, count: Int, in range: Range<UInt32>, _ found: UnsafeMutablePointer<UInt32>,
        usesAVX2: Bool = WindowKernels.hasAVX2
    ) -> Int {
        #if arch(x86_64)
            if usesAVX2 { return sparsestore_select(values, count, range.lowerBound, range.upperBound, found) }
        #endif
        var written = 0
        for position in 0..<count where range.contains(values[position]) {
            found[written] = UInt32(truncatingIfNeeded: position)
            written += 1
        }
        return written
    }
}
