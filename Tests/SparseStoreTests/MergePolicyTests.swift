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
                id: UInt32(index), documents: UInt32(size),
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

    @Test func `a segment is rewritten from a third of dead documents on, with small neighbors`() {
        #expect(MergePolicy().next(segments([5_000, 4_000], dead: [0: 1_667])) == 0..<1)
        #expect(MergePolicy().next(segments([5_000, 4_000], dead: [0: 1_666])) == nil)
        #expect(MergePolicy().next(segments([20, 5_000, 600, 4_000], dead: [1: 1_667])) == 0..<3)
        var policy = MergePolicy()
        policy.deadShare = 1
        #expect(policy.next(segments([5_000, 20], dead: [0: 4_999])) == nil)
        #expect(policy.next(segments([5_000, 20], dead: [0: 5_000])) == 0..<1)
    }

    /// Three windows that have lost a third fill two: rewriting each alone would leave three for ever.
    @Test func `worn neighbors are merged into fewer windows`() {
        let most = Limits.maximumDocumentsPerWindow
        let worn = segments([most, most, most, most, most], dead: [1: most / 3 - 9, 2: most / 3 + 1, 3: most / 3 + 1])
        #expect(MergePolicy().next(worn) == 2..<3)
        let more = segments([most, most, most, most, most], dead: [1: most / 3 + 1, 2: most / 3 + 1, 3: most / 3 + 1])
        #expect(MergePolicy().next(more) == 1..<4)
    }

    @Test func `a commit merges what is tiny, and never what a merge in progress reads`() {
        let policy = MergePolicy()
        let singles = segments([5_000] + [Int](repeating: 1, count: 8))
        #expect(policy.nextInCommit(singles) == 1..<9)
        #expect(policy.nextInCommit(singles, claimed: [2, 3]) == nil)
        #expect(policy.nextInCommit(segments([Int](repeating: 5, count: 8))) == nil)
        #expect(policy.next(segments([Int](repeating: 5, count: 8))) == 0..<8)
        #expect(policy.nextInCommit(segments([100, 5_000, 7], dead: [1: 5_000])) == 1..<2)
    }

    /// With the merger behind, commits keep the number of segments from growing as far as their bounded help can.
    @Test func `from a backlog on each commit merges some small neighbors`() throws {
        let policy = MergePolicy()
        var sizes = [Int](repeating: 500, count: policy.segmentBacklog - 1)
        #expect(policy.nextInCommit(segments(sizes)) == nil)
        for _ in 0..<1_000 {
            sizes.append(500)
            while let range = policy.nextInCommit(segments(sizes)) {
                try #require(sizes[range].reduce(0, +) <= 4_096)
                sizes = merged(segments(sizes), range)
            }
            try #require(sizes.count <= policy.segmentBacklog)
        }
        let large = segments([Int](repeating: 4_000, count: policy.segmentBacklog))
        #expect(policy.nextInCommit(large) == nil)
    }

    @Test func `a merger that is far behind takes a window at a time`() throws {
        let range = try #require(MergePolicy().next(segments([Int](repeating: 1_000, count: 500))))
        #expect(range == 0..<66)
    }

    @Test func `spared segments stay, unless too many of their documents are dead or they have another profile`() {
        let policy = MergePolicy()
        let sizes = [65_535, 20_000, 10_000, 10_000, 300, 300]
        #expect(policy.reducible(segments(sizes)) == 1..<6)
        #expect(policy.reducible(segments(sizes), sparing: [0, 1]) == 2..<6)
        #expect(policy.reducible(segments(sizes), sparing: [0, 1, 3]) == 4..<6)
        #expect(policy.reducible(segments(sizes), sparing: [0, 1, 2, 3, 4]) == nil)
        let few = segments(sizes, dead: [0: 20_000, 1: 10])
        #expect(policy.reducible(few) == 0..<1)
        #expect(policy.reducible(few, sparing: Set(0..<6)) == nil)
        #expect(policy.reducible(segments(sizes, dead: [0: 22_000]), sparing: Set(0..<6)) == 0..<1)
        #expect(policy.reducible(segments(sizes), profile: .compact, sparing: Set(0..<6)) == 0..<1)
    }

    /// Merging heavy vectors again and again without an end was possible before windows were counted by nonzeros too.
    @Test func `segments that are full of nonzeros are left alone`() {
        var entries = segments([20_000, 20_000])
        for index in entries.indices { entries[index].nonzeros = UInt64(WindowBuilder.maximumNonzeros) }
        #expect(MergePolicy().reducible(entries) == nil)
        #expect(MergePolicy().next(entries) == nil)
    }

    @Test func `little memory makes more windows, and merging them comes to an end`() throws {
        var policy = MergePolicy()
        policy.memory = 16 << 20
        // 100 nonzeros a document.
        let fitting = policy.nonzerosPerWindow / 100
        #expect(fitting < 10_000)
        let full = segments([Int](repeating: fitting + 1, count: 40))
        #expect(policy.next(full) == nil)
        #expect(policy.reducible(full) == nil)
        #expect(MergePolicy().next(full) != nil, "with more memory they are small")
        let small = segments([Int](repeating: fitting / 10, count: 8))
        #expect(policy.next(small) == 0..<8)
        policy.memory = (1 << 20) - 1
        #expect(throws: SparseStoreError.self) { try policy.check() }
    }
}
