import SparseStore
import Testing

@testable import SparseFormat
@testable import SparseStore

/// The loops of a window scan against their definition, with the vector instructions of this processor and without.
@Suite struct WindowKernelTests {
    private static let documents = 65_535
    private static let ways = WindowKernels.hasAVX2 ? [false, true] : [false]

    /// Sums as a scan leaves them: most are small, some are large.
    private static func withSums(
        seed: UInt64, _ body: (UnsafeMutablePointer<UInt16>, inout SplitMix64) throws -> Void
    ) rethrows {
        var generator = SplitMix64(seed: seed)
        let scratch = ScanScratch()
        for ordinal in 0..<documents where Int.random(in: 0..<3, using: &generator) > 0 {
            let most: UInt16 = Int.random(in: 0..<50, using: &generator) == 0 ? 20_000 : 600
            scratch.accumulators[ordinal] = UInt16.random(in: 0...most, using: &generator)
        }
        try withExtendedLifetime(scratch) { try body(scratch.accumulators, &generator) }
    }

    @Test(arguments: ways) func maximaAreThoseOfTheirBlocks(usesAVX2: Bool) {
        for least in [Int16.min, 0, 600, 5_000, .max] {
            Self.withSums(seed: 3) { sums, _ in
                let before = Array(UnsafeBufferPointer(start: sums, count: 65_536))
                var maxima = [Int16](repeating: -1, count: 512)
                WindowKernels.maxima(of: sums, blocks: 512, clearingBelow: least, into: &maxima, usesAVX2: usesAVX2)
                for block in 0..<512 {
                    let range = block * 128..<(block + 1) * 128
                    let most = Int16(before[range].max() ?? 0)
                    #expect(maxima[block] == most)
                    let kept = most < least ? [UInt16](repeating: 0, count: 128) : Array(before[range])
                    #expect(range.map { sums[$0] } == kept, "block \(block), least \(least)")
                }
            }
        }
    }

    @Test(arguments: ways) func maximaOfAllowedDocumentsAreThoseOfTheOthersCleared(usesAVX2: Bool) {
        // The last block is whole, or ends within its first or its second word.
        for (documents, every) in [(65_535, 3), (65_536 - 128, 50), (1_000, 1), (128 * 9 + 7, 2), (40, 5)] {
            for least in [Int16.min, 1, 600, .max] {
                Self.withSums(seed: 8) { sums, generator in
                    var allowed = Bitmap(count: documents)
                    for ordinal in 0..<documents where Int.random(in: 0..<every, using: &generator) == 0 {
                        allowed.insert(ordinal)
                    }
                    let blocks = (documents + 127) / 128
                    let before = Array(UnsafeBufferPointer(start: sums, count: 65_536))
                    var maxima = [Int16](repeating: -1, count: 512)
                    WindowKernels.maxima(
                        of: sums, allowed: allowed, blocks: blocks, clearingBelow: least, into: &maxima,
                        usesAVX2: usesAVX2)
                    for block in 0..<blocks {
                        let range = block * 128..<(block + 1) * 128
                        let kept = range.map { $0 < documents && allowed.contains($0) ? before[$0] : 0 }
                        let most = Int16(kept.max() ?? 0)
                        #expect(maxima[block] == most)
                        let expected = most < least ? [UInt16](repeating: 0, count: 128) : kept
                        #expect(range.map { sums[$0] } == expected, "\(documents) documents, block \(block)")
                    }
                    let rest = blocks * 128..<65_536
                    #expect(rest.map { sums[$0] } == Array(before[rest]))
                }
            }
        }
    }

    @Test(arguments: ways) func everyDocumentThatReachesTheBoundIsCollected(usesAVX2: Bool) {
        Self.withSums(seed: 4) { sums, generator in
            let codes = (0..<3).map { _ in
                (0..<Self.documents).map { _ in
                    Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0
                }
            }
            let multipliers: [UInt16] = [40_000, 257, 3_000]
            for (lists, least) in [(0, 1), (0, 610), (1, 12_000), (3, 700), (3, 20_100), (2, 32_767)] {
                var dense: [WindowKernels.Dense] = []
                var most = 0
                for list in 0..<lists {
                    codes[list].withUnsafeBytes { bytes in
                        guard let base = bytes.baseAddress else { return }
                        dense.append(WindowKernels.dense(codes: base, multiplier: multipliers[list]))
                    }
                    most += 255 * Int(multipliers[list]) / 256 + 1
                }
                func sum(_ ordinal: Int) -> Int {
                    (0..<lists).reduce(Int(sums[ordinal])) { sum, list in
                        let code = Int(codes[list][ordinal])
                        return sum + (code == 0 ? 0 : code * Int(multipliers[list]) / 256 + 1)
                    }
                }
                // The last block is not full, and so is one that ends between two steps of the loop.
                for (block, end) in [
                    (0, Self.documents), (7, Self.documents), (511, Self.documents), (2, 2 * 128 + 75),
                ] {
                    let range = block * 128..<min(end, (block + 1) * 128)
                    guard range.allSatisfy({ sum($0) <= 32_767 }) else { continue }
                    var found = [UInt32](repeating: 0, count: 128)
                    let count = withExtendedLifetime(codes) {
                        dense.withUnsafeBufferPointer {
                            WindowKernels.collect(
                                sums, block: block, documents: end, dense: $0, most: most, least: Int16(least),
                                into: &found,
                                usesAVX2: usesAVX2)
                        }
                    }
                    let expected = range.filter { sum($0) >= least }.map { UInt32(sum($0)) << 16 | UInt32($0) }
                    #expect(Array(found[..<count]) == expected, "\(lists) lists, block \(block), least \(least)")
                }
            }
        }
    }

    @Test func largestOfARankIsThatOfTheSortedNumbers() {
        var generator = SplitMix64(seed: 5)
        for count in [1, 7, 8, 100, 511, 512] {
            for most in [Int16(3), 900, .max] {
                let numbers = (0..<count).map { _ in Int16.random(in: 0...most, using: &generator) }
                let sorted = numbers.sorted(by: >)
                for rank in Set([1, 2, count / 2, count]) where (1...count).contains(rank) {
                    let bound = sorted[rank - 1]
                    numbers.withUnsafeBufferPointer { all in
                        #expect(WindowKernels.largest(rank, of: all) == bound)
                        #expect(WindowKernels.count(of: all, reaching: bound) == numbers.count { $0 >= bound })
                    }
                }
            }
        }
    }

    @Test func nearLargestIsLittleBelowTheLargestOfARankAmongAllSums() {
        var generator = SplitMix64(seed: 8)
        for blocks in [1, 3, 512] {
            for most in [UInt16(0), 3, 900, 32_767] {
                let count = blocks * WindowKernels.blockSize
                // A few blocks have the largest sums, as similar documents do.
                let sums = (0..<count).map { index -> UInt16 in
                    let isRich = index / WindowKernels.blockSize % 7 == 0
                    return UInt16.random(in: 0...(isRich ? most : most / 3), using: &generator)
                }
                let maxima = (0..<blocks).map { block in
                    Int16(sums[(block * WindowKernels.blockSize)...].prefix(WindowKernels.blockSize).max() ?? 0)
                }
                let sorted = sums.sorted(by: >)
                for rank in Set([1, 2, blocks + 1, count / 2, count]) {
                    let near = maxima.withUnsafeBufferPointer {
                        Int(WindowKernels.nearLargest(rank, of: sums, maxima: $0))
                    }
                    let exact = Int(sorted[rank - 1])
                    #expect(near <= exact, "rank \(rank) of \(count), at most \(most)")
                    #expect(exact - near <= near / 16, "rank \(rank) of \(count), at most \(most)")
                }
            }
        }
    }

    @Test(arguments: ways) func scoreOfARecordIsTheSumOfItsProductsInOrder(usesAVX2: Bool) throws {
        var generator = SplitMix64(seed: 6)
        let slots = QuerySlots()
        defer { slots.deallocate() }
        for components in [1, 7, 8, 9, 64, 121, 1_000] {
            let positions = Set((0..<components).map { _ in UInt32.random(in: 0..<60_000, using: &generator) }).sorted()
            let weights = positions.map { _ in Float.random(in: 0.001...3, using: &generator) }
            var writer = ForwardWriter(terms: 60_000, components: components)
            writer.append(identifier: "d", positions: positions[...], weights: weights[...])
            writer.finish()
            // Every third component is one of the query's, and so are terms that the document lacks.
            var expected: Float = 0
            var queried: [Int] = []
            for (index, position) in positions.enumerated() where index % 3 == 0 && queried.count < 200 {
                let weight = Float.random(in: 0.1...2, using: &generator)
                queried.append(Int(position))
                slots.weights[queried.count] = weight
                expected += weights[index] * weight
            }
            queried.append((0..<60_000).first { !positions.contains(UInt32($0)) } ?? 0)
            slots.weights[queried.count] = 100
            for (index, position) in queried.enumerated() {
                slots.numbers[position] = UInt8(index + 1)
                slots.bits[position >> 5] |= 1 << UInt32(position & 31)
            }
            let score = try writer.chunks[0].withUnsafeBytes { bytes in
                try ForwardRecord(chunk: bytes, offset: 0, isWide: false).score(slots, usesAVX2: usesAVX2)
            }
            #expect(score == expected, "\(components) components")
            for position in queried {
                slots.numbers[position] = 0
                slots.bits[position >> 5] = 0
            }
        }
    }

    @Test(arguments: ways) func valuesInARangeAreSelected(usesAVX2: Bool) {
        var generator = SplitMix64(seed: 6)
        for count in [0, 1, 7, 8, 9, 250, 1_003] {
            for range: Range<UInt32> in [0..<1, 0..<(.max), 100..<200, 150..<4_000_000_000, 3_000_000_000..<(.max)] {
                let values = (0..<count).map { _ -> UInt32 in
                    let most: UInt32 = Bool.random(using: &generator) ? 300 : .max
                    return UInt32.random(in: 0...most, using: &generator)
                }
                var found = [UInt32](repeating: 0, count: count + 1)
                let written = BlockKernels.select(values, count: count, in: range, into: &found, usesAVX2: usesAVX2)
                #expect(
                    Array(found[..<written]) == values.indices.filter { range.contains(values[$0]) }.map(UInt32.init))
            }
        }
    }
}
