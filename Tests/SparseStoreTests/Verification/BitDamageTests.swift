import Foundation
import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// One flipped bit in one of our values: always reported by a deep verification, and no search gives a wrong answer.
/// `Scripts/bit-damage.py` is the long version, over everything in the file.
@Suite struct BitDamageTests {
    private static let queries: [SoundStore: [Query]] = [
        .small: [["term 1": 1, "term 7": 0.5, "term 20": 2], ["term 3": 1]],
        .leveled: [Query(vector: sparse([0, 3, 17, 90])), Query(vector: sparse([1, 2, 250]))],
        .compact: [Query(vector: sparse([0, 3, 17, 90])), Query(vector: sparse([1, 2, 250]))],
        .blocks: [Query(vector: sparse([0, 3, 17, 90])), Query(vector: sparse([1, 2, 110]))],
        .sharedBlocks: [Query(vector: sparse([0, 3, 17, 90])), Query(vector: sparse([1, 2, 110]))],
        .extendedBlocks: [Query(vector: sparse([0, 3, 17, 140])), Query(vector: sparse([1, 2, 200]))],
    ]

    private static func sparse(_ terms: [TermID]) -> SparseVector {
        SparseVector(uncheckedTerms: terms, weights: terms.map { Float($0 % 5 + 1) })
    }

    private func answers(_ store: Store, _ sound: SoundStore) throws -> [[Hit]] {
        try (Self.queries[sound] ?? []).flatMap { query in
            let ofBlocks: [Recall] =
                [.blocks, .sharedBlocks, .extendedBlocks].contains(sound)
                ? [.plainSeismic(cut: 3, heapFactor: 0.8)] : []
            return try ([.exact, .fast] + ofBlocks).map { try store.search(query, limit: 10, recall: $0).hits }
        }
    }

    @Test(
        arguments: [
            (SoundStore.small, 60, UInt64(1)), (.leveled, 15, 2), (.compact, 15, 3), (.blocks, 60, 4),
            (.sharedBlocks, 60, 5), (.extendedBlocks, 30, 6),
        ])
    func `a flipped bit is reported and never a wrong answer`(_ sound: SoundStore, flips: Int, seed: UInt64) throws {
        let bytes = try sound.bytes()
        let copy = try DamagedStore(sound)
        let expected = try answers(copy.store, sound)
        var values: [[UInt8]] = []
        for table in TableNumber.allCases {
            values += try copy.keys(table).compactMap { try copy.value(table, $0) }
        }
        copy.store.close()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<flips {
            let value = try #require(values.randomElement(using: &generator))
            let bit = Int.random(in: 0..<8 * value.count, using: &generator)
            var damaged = bytes
            // Pages that are free now may have the value too.
            var from = damaged.startIndex
            while let range = damaged.range(of: Data(value), in: from..<damaged.endIndex) {
                damaged[range.lowerBound + bit / 8] ^= 1 << UInt8(bit % 8)
                from = range.upperBound
            }
            let temporary = try TemporaryStore()
            try damaged.write(to: URL(fileURLWithPath: temporary.path))
            guard let store = try? temporary.open() else { continue }
            #expect(try !store.verify(.deep).isClean, "bit \(bit) of a value of \(value.count) bytes, kind \(value[8])")
            do {
                #expect(try answers(store, sound) == expected, "bit \(bit) of kind \(value[8])")
            } catch let error as SparseStoreError {
                #expect(error.code == .corrupted || error.code == .incompatibleFormat)
            }
        }
    }
}
