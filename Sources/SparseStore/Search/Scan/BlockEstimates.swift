internal import CKernels
internal import SparseFormat

/// The estimates of all blocks in the lists that a search of a block index has chosen. An estimate is the sum of code x
/// multiplier over the summary of a block.
///
/// This file uses pointers: behind the estimates of each list is room for all that a block number can name
/// (`BlockScratch.estimates`).
struct BlockEstimates {
    let lists: [BlockList]
    /// The number of blocks in all lists.
    let count: Int
    /// The position of the first block of each list.
    private let begins: [Int]
    private let values: UnsafeMutablePointer<UInt32>
    private let scratch: BlockScratch

    /// One block of a list.
    struct Block {
        let estimate: UInt32
        /// The position of the list.
        let list: UInt16
        /// The number of the block in its list.
        let number: UInt16
    }

    /// Makes an estimate of 0 for each block.
    init(_ lists: [BlockList], scratch: BlockScratch) {
        var begins: [Int] = []
        var count = 0
        for list in lists {
            begins.append(count)
            count += list.blocks
        }
        self.lists = lists
        self.count = count
        self.begins = begins
        self.scratch = scratch
        values = scratch.estimates(blocks: count)
    }

    /// The estimate of a block, by the position of its list and its number there.
    subscript(list: Int, block: Int) -> UInt32 { values[begins[list] + block] }

    /// The largest estimate; 0 if there are no blocks.
    var largest: UInt32 {
        var largest: UInt32 = 0
        for block in 0..<count { largest = max(largest, values[block]) }
        return largest
    }

    /// Adds the summaries of all lists, times the multipliers in the scratch memory. Returns how many components of
    /// summaries were read.
    ///
    /// What one step reads is requested from memory in the step before, for all lists.
    ///
    /// - Parameter numbers: The numbers of the terms to look up, in ascending order.
    func addSummaries(of numbers: [UInt16], budget: SearchBudget) throws -> Int {
        for list in lists { list.prefetchTerms() }
        let found = scratch.found(lists.count * numbers.count)
        numbers.withUnsafeBufferPointer { numbers in
            for (position, list) in lists.enumerated() {
                list.findColumns(of: numbers, found + position * numbers.count)
            }
        }
        try budget.check()
        scratch.columns.removeAll(keepingCapacity: true)
        var read = 0
        for (position, list) in lists.enumerated() {
            var readOfList = 0
            for (index, number) in numbers.enumerated() {
                guard let column = list.column(at: found[position * numbers.count + index], of: number) else {
                    continue
                }
                readOfList += column.components.count
                scratch.columns.append((position, column))
            }
            // A sound list is read at most once.
            guard readOfList <= list.components else {
                throw FormatError(.blockLists, "two columns share components")
            }
            read += readOfList
        }
        for (list, column) in scratch.columns {
            lists[list].add(
                column, multiplier: UInt32(scratch.multipliers[Int(column.number)]), to: values + begins[list])
        }
        return read
    }

    /// Returns the blocks whose estimates are in a range, roughly the largest first: those whose estimates differ by
    /// less than 1/64 of the range are in no order.
    func blocks(in range: Range<UInt32>) -> [Block] {
        var selected: [Block] = []
        var most = range.lowerBound
        for (position, list) in lists.enumerated() {
            let estimates = values + begins[position]
            let count = BlockKernels.select(estimates, count: list.blocks, in: range, into: scratch.selected)
            for index in 0..<count {
                let block = Int(scratch.selected[index])
                let estimate = estimates[block]
                most = max(most, estimate)
                selected.append(
                    Block(
                        estimate: estimate, list: UInt16(truncatingIfNeeded: position),
                        number: UInt16(truncatingIfNeeded: block)))
            }
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
}

/// The memory for searching a block index. It is allocated when first needed and reused by later searches.
///
/// Invariant between searches: every multiplier and every bit of `visited` is 0.
final class BlockScratch {
    /// The query weights by term number of the index, one for each value of a u16 and one behind them.
    let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
    /// The blocks that were selected from one list.
    fileprivate let selected = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536)
    /// The columns of summaries that a query reads, each with the position of its list.
    fileprivate var columns: [(list: Int, column: SummaryColumn)] = []
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
    fileprivate func estimates(blocks: Int) -> UnsafeMutablePointer<UInt32> {
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
    fileprivate func found(_ count: Int) -> UnsafeMutablePointer<Int> {
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
    /// - Parameter found: The output, with room for as many as there are values.
    static func select(
        _ values: UnsafePointer<UInt32>, count: Int, in range: Range<UInt32>,
        into found: UnsafeMutablePointer<UInt32>, usesAVX2: Bool = WindowKernels.hasAVX2
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
