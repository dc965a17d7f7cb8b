import Testing

@testable import SparseFormat

@Suite struct SegmentOrderTests {
    private var random = SeededGenerator()

    private func body(_ ordinals: [UInt16]) -> [UInt8] {
        var writer = ByteWriter()
        SegmentOrder.encode(ordinals, into: &writer)
        return writer.bytes
    }

    private func code(_ body: [UInt8]) -> FormatError.Code? {
        do {
            _ = try body.withUnsafeBytes { try SegmentOrder(body: $0) }
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    private let rule = FormatError.Code.invariant(29, Invariant.segmentOrder.rule)

    @Test mutating func `permutations come back`() throws {
        for count in [1, 2, 3, 255, 256, 257, 65_535] {
            let ordinals = (0..<UInt16(count)).shuffled(using: &random)
            try body(ordinals).withUnsafeBytes { bytes in
                let order = try SegmentOrder(body: bytes)
                #expect(order.count == count)
                #expect((0..<count).map { UInt16(order[$0]) } == ordinals, "SPARSE_SEED=\(random.seed)")
            }
        }
    }

    @Test mutating func `what is no permutation is refused`() {
        #expect(code([]) == rule)
        #expect(code([0]) == rule)
        #expect(code([0, 0]) == nil)
        #expect(code([0, 0, 1]) == rule)
        #expect(code(body([1])) == rule)
        #expect(code(body([1, 0])) == nil)
        #expect(code(body([0, 0])) == rule)
        #expect(code(body([1, 1])) == rule)
        #expect(code(body([0, 2])) == rule)
        #expect(code(body([0, .max])) == rule)
        #expect(code(body(Array(0...65_534))) == nil)
        #expect(code(body(Array(0...65_535))) == rule)
        for _ in 0..<200 {
            // One ordinal in place of another: some other one is then there twice, or one is too large.
            let count = 2 + Int(random.next() % 60)
            var ordinals = (0..<UInt16(count)).shuffled(using: &random)
            let rank = Int(random.next() % UInt64(count))
            let other = UInt16(truncatingIfNeeded: random.next() % 70)
            guard ordinals[rank] != other else { continue }
            ordinals[rank] = other
            #expect(code(body(ordinals)) == rule, "SPARSE_SEED=\(random.seed)")
        }
    }

    @Test mutating func `damaged orders are refused`() {
        let sound = body((0..<100).shuffled(using: &random))
        // Any number of ordinals fewer than all can be a permutation only of the smallest ones.
        for length in 0..<sound.count where length % 2 == 1 { #expect(code(Array(sound[..<length])) == rule) }
        for bit in 0..<8 * sound.count {
            var damaged = sound
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(code(damaged) == rule, "bit \(bit), SPARSE_SEED=\(random.seed)")
        }
    }
}
