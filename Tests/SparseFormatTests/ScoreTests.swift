import Testing

@testable import SparseFormat

/// The score is one sum in one order, however the terms are packed.
@Suite struct ScoreTests {
    private let memory: GuardedBytes

    init() throws {
        memory = try #require(GuardedBytes())
    }

    private func expected(_ vector: SparseVector, _ table: [Float]) -> Float {
        var sum: Float = 0
        for (term, weight) in zip(vector.terms, vector.weights) where term < table.count {
            sum += weight * table[Int(term)]
        }
        return sum
    }

    private func score(_ vector: SparseVector, _ table: [Float]) throws -> Float {
        let value = try DocumentEncoder().encode(id: "d", vector: vector, key: Keys.document(1))
        return try memory.with(value) { bytes in
            let view = try DocumentView(bytes, number: 1)
            return try table.withUnsafeBufferPointer { table in
                let base = try #require(table.baseAddress)
                return try view.score(base, termLimit: UInt32(table.count))
            }
        }
    }

    @Test func `equals the sum in ascending order`() throws {
        var random = SeededGenerator()
        let table = (0..<70_000).map { _ in Float.random(in: 0...2, using: &random) }
        for round in 0..<3000 {
            let count = 1 + Int(random.next() % (round % 10 == 0 ? 300 : 20))
            let top: UInt32 = [400, 5_000, 100_000, .max][Int(random.next() % 4)]
            let vector = Arbitrary.vector(&random, count: count, below: top)
            let limit = 1 + Int(random.next() % UInt64(table.count))
            let cut = Array(table[..<limit])
            #expect(
                try score(vector, cut) == expected(vector, cut),
                "SPARSE_SEED=\(random.seed), round \(round)")
        }
    }

    @Test func `gaps of every length`() throws {
        // Every way in which four gaps of one to three bytes can follow each other, at each place of the last one.
        let lengths: [TermID] = [1, 127, 128, 16_383, 16_384]
        let table = [Float](repeating: 1, count: 70_000)
        for pattern in 0..<625 {
            for tail in 0..<3 {
                var terms: [TermID] = [TermID(pattern % 2)]
                var rest = pattern
                for _ in 0..<4 {
                    terms.append(terms[terms.count - 1] + lengths[rest % 5])
                    rest /= 5
                }
                for _ in 0..<tail { terms.append(terms[terms.count - 1] + 1) }
                let weights = terms.indices.map { Float($0 + 1) }
                let vector = SparseVector(uncheckedTerms: terms, weights: weights)
                #expect(try score(vector, table) == expected(vector, table), "pattern \(pattern), tail \(tail)")
            }
        }
    }

    @Test func `limits at every term`() throws {
        let vector = SparseVector(
            uncheckedTerms: (0..<30).map { $0 * 5 }, weights: (0..<30).map { Float($0) + 1 })
        for limit in 1..<160 {
            let table = [Float](repeating: 2, count: limit)
            #expect(try score(vector, table) == expected(vector, table), "limit \(limit)")
        }
    }

    /// A document of one-byte identifier and weights of one, with these bytes for its terms.
    private func value(_ count: Int, _ gaps: [UInt8]) -> [UInt8] {
        Value.seal(kind: .document, version: 1, table: .documents, key: Keys.document(1)) {
            DocumentHeader(
                identifierLength: 1, vectorEncoding: .plain, payloadEncoding: .none, termCount: count,
                vectorLength: 4 * count + gaps.count, payloadLength: 0, payloadOriginalLength: 0, dictionary: 0,
                tagCount: 0, tagsLength: 0, attributeCount: 0, attributesLength: 0
            ).encode(into: &$0)
            $0.u8(97)
            $0.f32s([Float](repeating: 1, count: count))
            $0.append(gaps)
        }
    }

    private func fails(_ value: [UInt8]) throws -> Bool {
        let table = [Float](repeating: 1, count: 1000)
        return try memory.with(value) { bytes in
            let view = try DocumentView(bytes, number: 1)
            return table.withUnsafeBufferPointer { table in
                guard let base = table.baseAddress else { return false }
                return (try? view.score(base, termLimit: 1000)) == nil
            }
        }
    }

    @Test func `bad gaps fail`() throws {
        // In a group of four, in its last place, and one by one.
        for count in [5, 6, 9, 12] {
            for bad in 1..<count {
                for gap: [UInt8] in [[0], [0x80, 0], [0x85, 0], [0xFF, 0]] {
                    var gaps = (0..<count).map { _ in [UInt8(3)] }
                    #expect(try !fails(value(count, Array(gaps.joined()))))
                    gaps[bad] = gap
                    #expect(try fails(value(count, Array(gaps.joined()))), "\(gap) at \(bad) of \(count)")
                }
            }
        }
    }

    @Test func `bytes after the last term fail`() throws {
        for count in 1..<14 {
            for extra in 1...8 {
                let gaps = [UInt8](repeating: 1, count: count + extra)
                // As long a section as so many terms may have, or the document would not open.
                guard gaps.count <= 5 * count else { continue }
                #expect(try fails(value(count, gaps)), "\(extra) bytes after \(count) terms")
            }
        }
    }
}
