internal import SparseFormat

/// A search of a block index: the documents with the best sums of codes among those whose blocks promise enough.
///
/// The summaries of all chosen lists are scored first. Then blocks are visited in the order of what they promise, whatever
/// list they belong to, and the search ends, rather than skips, when the best one left promises too little: where lists are
/// taken one by one, as Seismic does (Bruch et al., SIGIR 2024), the first are searched before it is known what a document
/// must reach.
struct BlockScan {
    let view: BlockView
    let plan: BlockPlan
    let count: Int
    let budget: SearchBudget
    /// One bit a slot that may not be found.
    let dead: [UInt64]

    /// What the heaviest term of a query brings for a code of 255, in units of the sums.
    private static let heaviest: Float = 1_023
    /// Documents whose lines are asked for together.
    private static let together = 32

    private struct Block {
        let promise: UInt32
        let list: UInt16
        let number: UInt16
    }

    /// The places of the best `count` documents, by their sums.
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
        // Terms ascend in a query, so their numbers do.
        let numbers = terms.map { UInt16(truncatingIfNeeded: $0.number) }
        for term in terms {
            // Products that overflow or vanish have no ratio; each then counts as the heaviest.
            let share = term.most / most
            scratch.multipliers[term.number] = UInt16(((share.isNaN ? 1 : share) * Self.heaviest).rounded())
        }
        defer { for term in terms { scratch.multipliers[term.number] = 0 } }
        scratch.reserve(slots: index.directory.slots)
        defer { scratch.clearVisited() }

        terms.sort { $0.most != $1.most ? $0.most > $1.most : $0.number < $1.number }
        var lists: [BlockList] = []
        for term in terms where lists.count < plan.lists {
            if let list = try index.list(term.number) { lists.append(list) }
        }
        counters.lists += lists.count
        var best = BoundedMinimumHeap<UInt64>(capacity: count, least: 0)
        var pending: [Int] = []
        pending.reserveCapacity(2 * Self.together)
        if plan.isBestFirst {
            try visitBestFirst(lists, numbers, scratch, &pending, &best, &counters)
        } else {
            for list in lists {
                try budget.check()
                let read = promises(of: list, numbers, scratch)
                counters.postings += read
                for block in 0..<list.blocks {
                    guard !isHopeless(scratch.sums[block], best) else {
                        counters.blocksSkipped += 1
                        continue
                    }
                    try visit(list, block, scratch, &pending, &best, &counters, atLeast: 1)
                }
            }
        }
        try score(&pending, scratch, &best, &counters)
        return best.values.compactMap { view.place(of: Int(UInt32(truncatingIfNeeded: $0))) }
    }

    private func visitBestFirst(
        _ lists: [BlockList], _ numbers: [UInt16], _ scratch: BlockScratch, _ pending: inout [Int],
        _ best: inout BoundedMinimumHeap<UInt64>, _ counters: inout SearchCounters
    ) throws {
        var blocks: [Block] = []
        for (position, list) in lists.enumerated() {
            try budget.check()
            counters.postings += promises(of: list, numbers, scratch)
            blocks.reserveCapacity(blocks.count + list.blocks)
            for block in 0..<list.blocks where scratch.sums[block] > 0 {
                blocks.append(
                    Block(
                        promise: scratch.sums[block], list: UInt16(truncatingIfNeeded: position),
                        number: UInt16(truncatingIfNeeded: block)))
            }
        }
        let order = Self.order(blocks)
        for (position, index) in order.enumerated() {
            let block = blocks[Int(index)]
            if isHopeless(block.promise, best) {
                counters.blocksSkipped += order.count - position
                break
            }
            if position % 256 == 255 { try budget.check() }
            if position + 2 < order.count {
                let next = blocks[Int(order[position + 2])]
                lists[Int(next.list)].prefetchPostings(of: Int(next.number))
            }
            try visit(
                lists[Int(block.list)], Int(block.number), scratch, &pending, &best, &counters,
                atLeast: Self.together)
        }
    }

    /// Scores the summaries of a list; returns how many of their components were read.
    private func promises(of list: BlockList, _ numbers: [UInt16], _ scratch: BlockScratch) -> Int {
        scratch.sums.update(repeating: 0, count: list.blocks)
        return list.addSummaries(of: numbers, scratch.multipliers, to: scratch.sums)
    }

    private func isHopeless(_ promise: UInt32, _ best: BoundedMinimumHeap<UInt64>) -> Bool {
        best.isFull && Float(promise) < plan.heapFactor * Float(best.minimum >> 32)
    }

    /// Blocks by what they promise, the best first, as numbers: sorted by the highest ten bits only, in one pass.
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

    /// Takes the documents of a block that were not looked at, and scores those that wait when they are enough.
    private func visit(
        _ list: BlockList, _ block: Int, _ scratch: BlockScratch, _ pending: inout [Int],
        _ best: inout BoundedMinimumHeap<UInt64>, _ counters: inout SearchCounters, atLeast enough: Int
    ) throws {
        counters.blocks += 1
        let lines = view.index.lines
        for posting in list.range(of: block) {
            let slot = list.slot(posting)
            guard slot < view.index.directory.slots else { throw FormatError(.blockLists, "slot \(slot)") }
            guard dead[slot >> 6] & (1 << UInt64(slot & 63)) == 0, scratch.visit(slot) else { continue }
            lines.prefetchPlace(of: slot)
            pending.append(slot)
        }
        if pending.count >= enough { try score(&pending, scratch, &best, &counters) }
    }

    private func score(
        _ pending: inout [Int], _ scratch: BlockScratch, _ best: inout BoundedMinimumHeap<UInt64>,
        _ counters: inout SearchCounters
    ) throws {
        let index = view.index
        let lines = index.lines
        var read = 0
        for position in pending.indices {
            let slot = pending[position]
            try index.provePlace(of: slot)
            let place = lines.place(of: slot)
            lines.prefetchHead(at: place)
            pending[position] = slot << 32 | place
        }
        for item in pending {
            let place = item & 0xFFFF_FFFF
            try index.proveLines(at: place)
            let least = best.isFull ? best.minimum >> 32 : 0
            guard
                let sum = lines.score(
                    at: place, scratch.multipliers, headAtLeast: UInt32(Float(least) * plan.headShare), &read)
            else { continue }
            best.insert(UInt64(sum) << 32 | UInt64(item >> 32))
        }
        counters.documentsEstimated += pending.count
        counters.lines += read
        pending.removeAll(keepingCapacity: true)
    }
}
