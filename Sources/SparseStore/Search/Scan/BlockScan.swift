internal import SparseFormat

/// A search of a block index. It finds the documents with the best sums of codes in the blocks with large enough
/// estimates.
///
/// The summaries of all chosen lists are scored first (`BlockEstimates`). Then blocks are visited in the order of their
/// estimates, across all lists, and the search ends when the best remaining estimate is too small. Seismic (Bruch et
/// al., SIGIR 2024) searches list by list instead, so it searches the first lists before it knows what score a document
/// must reach.
struct BlockScan {
    let view: BlockView
    let plan: BlockPlan
    /// The number of best documents to find.
    let count: Int
    let budget: SearchBudget
    let scratch: BlockScratch
    /// Whether to request data from the disk ahead of reading it (`ScanScratch`).
    let readsAhead: Bool
    /// Returns whether the document at a place may be found.
    let isAllowed: (DocumentPlace) -> Bool

    /// The contribution of the heaviest query term for a code of 255, in units of the sums.
    private static let heaviest: Float = 1_023
    /// The share of the heaviest term's contribution below which terms are not looked up in summaries.
    private static let lightest: Float = 0.1

    /// Returns the places of the best `count` documents by their sums.
    func run(_ query: ResolvedQuery, counters: inout SearchCounters) throws -> [DocumentPlace] {
        let index = view.index
        var terms: [(position: Int, number: UInt16, most: Float)] = []
        // Summaries and multipliers have no sign: what other weights subtract is in the exact scores only.
        for (term, weight) in zip(query.terms, query.weights) where weight > 0 {
            guard let position = index.directory.position(of: term) else { continue }
            let most = weight * index.directory.entries[position].maximum
            terms.append((position, index.directory.numbers[position], most))
        }
        guard let most = terms.map(\.most).max() else { return [] }
        let lightest = plan.isBestFirst ? Self.lightest * most : 0
        // Each once, although terms may share a number: their summaries are the same.
        var numbers: [UInt16] = []
        for number in terms.filter({ $0.most >= lightest }).map(\.number).sorted() where number != numbers.last {
            numbers.append(number)
        }
        for term in terms {
            // Products that overflow or vanish have no ratio; each then counts as the heaviest.
            let share = term.most / most
            let multiplier = UInt16(((share.isNaN ? 1 : share) * Self.heaviest).rounded())
            // The larger one for terms that share a number, so that no sum is too small.
            scratch.multipliers[Int(term.number)] = max(scratch.multipliers[Int(term.number)], multiplier)
        }
        defer { for term in terms { scratch.multipliers[Int(term.number)] = 0 } }
        terms.sort { $0.most != $1.most ? $0.most > $1.most : $0.position < $1.position }
        let chosen = terms.filter { index.directory.entries[$0.position].postings > 0 }.prefix(plan.lists)
        if readsAhead { for term in chosen { index.readAhead(listAt: term.position) } }
        let estimates = BlockEstimates(try chosen.compactMap { try index.list(at: $0.position) }, scratch: scratch)
        counters.lists += estimates.lists.count
        counters.postings += try estimates.addSummaries(of: numbers, budget: budget)
        var visits = BlockVisits(self, estimates, counters)
        defer { visits.clear() }
        let found = try visits.run()
        counters = visits.counters
        return found
    }
}

/// The visits of one search to the blocks of the chosen lists. This file uses pointers in `mark`; callers check the
/// slots.
private struct BlockVisits {
    private let scan: BlockScan
    private let estimates: BlockEstimates
    /// The costs of the search so far.
    private(set) var counters: SearchCounters

    /// The best documents, as sum << 32 | slot.
    private var best: BoundedMinimumHeap<UInt64>
    /// The documents to be scored.
    private var pending: [Pending] = []
    /// A bit for each slot, 1 if its document was visited; and the words of bits that are not 0.
    private let visited: UnsafeMutablePointer<UInt64>
    private var words: [Int] = []
    /// The numbers of postings in the chosen lists and of lines in the index that were not read yet. A sound index is
    /// read at most once; without these bounds, blocks that share postings or documents that share lines could be read
    /// endlessly.
    private var postingsLeft: Int
    private var linesLeft: Int

    /// A document that is being scored.
    private struct Pending {
        let slot: Int
        /// Its first line, once it is known.
        var line = 0
        /// The sum of its first two lines, and the number of the others.
        var sum: UInt32 = 0
        var rest = 0
    }

    /// The share of the best estimates that the next blocks reach, until as many documents as wanted are found.
    private static let share: Float = 0.8
    /// The estimate below which all blocks that are left are visited together.
    private static let smallEstimate: UInt32 = 16
    /// The number of documents whose lines are requested together.
    private static let together = 32

    init(_ scan: BlockScan, _ estimates: BlockEstimates, _ counters: SearchCounters) {
        let directory = scan.view.index.directory
        self.scan = scan
        self.estimates = estimates
        self.counters = counters
        best = BoundedMinimumHeap(capacity: scan.count, least: 0)
        visited = scan.scratch.visited(slots: directory.slots)
        postingsLeft = estimates.lists.reduce(0) { $0 + $1.postings }
        linesLeft = directory.lines
    }

    /// Returns the places of the best documents.
    mutating func run() throws -> [DocumentPlace] {
        if scan.plan.isBestFirst { try visitBestFirst() } else { try visitInOrder() }
        try score()
        return try best.values.compactMap { try place(of: Int(UInt32(truncatingIfNeeded: $0))) }
    }

    /// Makes all bits 0 again.
    mutating func clear() {
        for word in words { visited[word] = 0 }
        words.removeAll()
    }

    /// The sum that a document must reach to be kept; 0 while there is room.
    private var least: UInt64 { best.isFull ? best.minimum >> 32 : 0 }

    private func isHopeless(_ estimate: UInt32) -> Bool { Float(estimate) < scan.plan.heapFactor * Float(least) }

    private mutating func visitInOrder() throws {
        for (position, list) in estimates.lists.enumerated() {
            try scan.budget.check()
            for block in 0..<list.blocks {
                if isHopeless(estimates[position, block]) {
                    counters.blocksSkipped += 1
                } else {
                    try visit(block, of: list, scoringFrom: 1)
                }
            }
        }
    }

    /// Visits the blocks with large estimates. The best of them tell which score a document must reach; of the others,
    /// only those that may reach it are put in order.
    private mutating func visitBestFirst() throws {
        let lists = estimates.lists
        let visited = counters.blocks
        var ceiling = UInt32.max
        var floor = estimates.largest
        repeat {
            // The next blocks to visit; all that are left once the rest is small.
            floor =
                best.isFull
                ? min(floor, UInt32(scan.plan.heapFactor * Float(least))) : UInt32(Float(floor) * Self.share)
            if floor < Self.smallEstimate { floor = 0 }
            guard floor < ceiling else { break }
            let blocks = estimates.blocks(in: floor..<ceiling)
            for (position, block) in blocks.enumerated() where !isHopeless(block.estimate) {
                if position % 256 == 255 { try scan.budget.check() }
                if position + 2 < blocks.count {
                    let next = blocks[position + 2]
                    lists[Int(next.list)].prefetchPostings(of: Int(next.number))
                }
                try visit(Int(block.number), of: lists[Int(block.list)], scoringFrom: Self.together)
            }
            try score()
            ceiling = floor
        } while floor > 0
        counters.blocksSkipped += estimates.count - (counters.blocks - visited)
    }

    /// Queues the unvisited documents of a block, and scores the queue when it is long enough.
    private mutating func visit(_ block: Int, of list: BlockList, scoringFrom enough: Int) throws {
        counters.blocks += 1
        let lines = scan.view.index.lines
        let slots = scan.view.index.directory.slots
        let postings = list.range(of: block)
        postingsLeft -= postings.count
        guard postingsLeft >= 0 else { throw FormatError(.blockLists, "blocks share postings") }
        for posting in postings {
            let slot = list.slot(posting)
            guard slot < slots else { throw FormatError(.blockLists, "slot \(slot)") }
            if mark(slot) { lines.prefetchPlace(of: slot) }
        }
        if pending.count >= enough { try score() }
    }

    /// Marks a document as visited and queues it for scoring. Returns false if it was visited before.
    ///
    /// - Parameter slot: A slot that has a bit in `visited`.
    @inline(__always)
    private mutating func mark(_ slot: Int) -> Bool {
        let bit = UInt64(1) << UInt64(slot & 63)
        guard visited[slot >> 6] & bit == 0 else { return false }
        visited[slot >> 6] |= bit
        words.append(slot >> 6)
        pending.append(Pending(slot: slot))
        return true
    }

    /// Scores the queued documents.
    private mutating func score() throws {
        let index = scan.view.index
        let lines = index.lines
        let multipliers = scan.scratch.multipliers
        var read = 0
        for position in pending.indices {
            let slot = pending[position].slot
            try index.provePlace(of: slot)
            let line = lines.place(of: slot)
            if scan.readsAhead { index.readAhead(linesAt: line) }
            lines.prefetchHead(at: line)
            pending[position].line = line
        }
        let headLeast = UInt32(Float(least) * scan.plan.headShare)
        var kept = 0
        for position in pending.indices {
            var document = pending[position]
            try index.proveLines(at: document.line)
            let head = lines.head(at: document.line, multipliers, usesAVX2: WindowKernels.hasAVX2)
            read += min(2, 1 + head.rest)
            guard head.rest == 0 || head.sum >= headLeast else { continue }
            lines.prefetchRest(at: document.line, lines: head.rest)
            document.sum = head.sum
            document.rest = head.rest
            pending[kept] = document
            kept += 1
        }
        for document in pending[..<kept] {
            var sum = document.sum
            if document.rest > 0 {
                let rest = lines.rest(
                    at: document.line, lines: document.rest, multipliers, usesAVX2: WindowKernels.hasAVX2)
                sum &+= rest.sum
                read += rest.lines
            }
            // Few documents get here, so only their places and filters are looked up.
            guard sum > least, let place = try place(of: document.slot), scan.isAllowed(place) else { continue }
            best.insert(UInt64(sum) << 32 | UInt64(document.slot))
        }
        counters.lines += read
        linesLeft -= read
        guard linesLeft >= 0 else { throw FormatError(.blockCounts, "documents share lines") }
        counters.documentsEstimated += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Returns the place of the document at a slot; nil if its source segment no longer exists.
    private func place(of slot: Int) throws -> DocumentPlace? {
        let document = scan.view.index.lines.document(at: slot)
        guard document < scan.view.index.record.documents else {
            throw FormatError(.blockCounts, "document \(document)")
        }
        return scan.view.place(of: document)
    }
}
