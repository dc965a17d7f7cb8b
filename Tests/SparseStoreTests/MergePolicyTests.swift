import Foundation
import Testing

@testable import SparseFormat
@testable import SparseStore

@Suite struct MergePolicyTests {
    private func segments(_ sizes: [Int], dead: [Int: Int] = [:]) -> [SegmentEntry] {
        var next: UInt64 = 0
        return sizes.enumerated().map { index, size in
            defer { next += UInt64(size) }
            return SegmentEntry(
                id: UInt32(index), kind: .window, tier: 0, flags: 0, documents: UInt32(size),
                tombstones: UInt32(dead[index] ?? 0), firstDocument: next, lastDocument: next + UInt64(size) - 1,
                nonzeros: UInt64(size * 100), bytes: 1)
        }
    }

    /// What a merge of a run leaves: full windows and a rest, in the order of the documents.
    private func merged(_ segments: [SegmentEntry], _ range: Range<Int>) -> [Int] {
        let live = segments[range].reduce(0) { $0 + Int($1.documents - $1.tombstones) }
        let most = Limits.maximumDocumentsPerWindow
        let full = [Int](repeating: most, count: live / most)
        let middle = live % most == 0 ? full : full + [live % most]
        func size(_ entry: SegmentEntry) -> Int { Int(entry.documents) }
        return segments[..<range.lowerBound].map(size) + middle + segments[range.upperBound...].map(size)
    }

    /// Loading in batches and merging at the end rewrites no full window, and ends with as few segments as can be.
    @Test(arguments: [[4_465, 10_000, 10_000, 10_000, 10_000, 4_916], [8_192, 1, 1, 1], [65_534, 65_534, 10]])
    func `reducing spares full windows and ends with the least number of segments`(rest: [Int]) throws {
        let most = Limits.maximumDocumentsPerWindow
        var sizes = [most, most] + rest
        var steps = 0
        while let range = MergePolicy().reducible(segments(sizes)) {
            #expect(range.lowerBound >= 2, "full windows in front are left alone")
            sizes = merged(segments(sizes), range)
            steps += 1
            try #require(steps < 20)
        }
        #expect(sizes.count == (sizes.reduce(0, +) + most - 1) / most)
        #expect(steps <= 2)
    }

    /// A document is rewritten once a tier: a store fed with single documents has few segments and merges seldom.
    @Test func `single documents pile up logarithmically`() {
        let policy = MergePolicy()
        var sizes: [Int] = []
        var rewritten = 0
        for _ in 0..<5_000 {
            sizes.append(1)
            while let range = policy.next(segments(sizes)) {
                rewritten += sizes[range].reduce(0, +)
                sizes = merged(segments(sizes), range)
            }
            #expect(sizes.count <= 8 * 5)
        }
        #expect(sizes.reduce(0, +) == 5_000)
        #expect(rewritten <= 5_000 * 5)
    }

    @Test func `a mostly dead segment is rewritten alone`() {
        let entries = segments([5_000, 20], dead: [0: 2_501])
        #expect(MergePolicy().next(entries) == 0..<1)
        #expect(MergePolicy().next(segments([5_000, 20], dead: [0: 2_500])) == nil)
    }

    /// Merging heavy vectors again and again without an end was possible before windows were counted by nonzeros too.
    @Test func `segments that are full of nonzeros are left alone`() {
        var entries = segments([20_000, 20_000])
        for index in entries.indices { entries[index].nonzeros = UInt64(WindowBuilder.maximumNonzeros) }
        #expect(MergePolicy().reducible(entries) == nil)
        #expect(MergePolicy().next(entries) == nil)
    }
}
