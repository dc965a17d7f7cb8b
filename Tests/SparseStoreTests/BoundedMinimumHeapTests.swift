import Testing

@testable import SparseStore

@Suite struct BoundedMinimumHeapTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6, 17, 64, 1_000])
    func `the heap keeps the largest values`(capacity: Int) {
        var generator = SeededGenerator(seed: UInt64(capacity) + 1)
        var heap = BoundedMinimumHeap<UInt64>(capacity: capacity, least: 0)
        var values: [UInt64] = []
        for count in 0..<300 {
            // Few different values, so that many are equal.
            let value = 1 + generator.next() % 200
            heap.insert(value)
            values.append(value)
            let best = values.sorted(by: >).prefix(capacity)
            #expect(heap.values.sorted(by: >) == Array(best))
            #expect(heap.minimum == best.last ?? 0)
            #expect(heap.isFull == (count + 1 >= capacity))
        }
    }
}
