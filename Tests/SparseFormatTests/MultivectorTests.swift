import Testing

@testable import SparseFormat

/// Token vectors: their limits, and what each codec keeps of them.
@Suite struct MultivectorTests {
    private var random = SeededGenerator()

    private func roundTrip(
        _ multivector: Multivector, _ encoder: MultivectorEncoder, _ codebook: TokenCodebook? = nil
    ) throws -> Multivector {
        try encoder.encode(multivector, number: 9).withUnsafeBytes {
            try MultivectorView($0, number: 9).multivector(codebook)
        }
    }

    @Test func `every half comes back as itself`() {
        for bits in 0...UInt16.max where bits & 0x7C00 != 0x7C00 {
            #expect(HalfFloat.bits(HalfFloat.float(bits)) == bits)
        }
    }

    #if !(os(macOS) && arch(x86_64))
        @Test mutating func `halves are those of IEEE754`() {
            for _ in 0..<20_000 {
                let exponent = Float(sign: .plus, exponent: Int.random(in: -30...15, using: &random), significand: 1)
                let value = exponent * Float.random(in: -1...1, using: &random)
                #expect(HalfFloat.bits(value) == Float16(value).bitPattern, "\(value), SPARSE_SEED=\(random.seed)")
            }
            let ties: [Float] = [
                0x1p-25, 0x1.8p-24, 0x1.002p-14, 1 + 0x1p-11, 1 + 0x1.8p-10, 65_504, -65_504, 65_503.9,
            ]
            for tie in ties { #expect(HalfFloat.bits(tie) == Float16(tie).bitPattern, "\(tie)") }
        }
    #endif

    @Test mutating func `f16 keeps eleven bits`() throws {
        let multivector = try Multivector(
            dimension: 33, components: Arbitrary.multivector(&random, tokens: 7, dimension: 33))
        let decoded = try roundTrip(multivector, MultivectorEncoder(.f16))
        for (a, b) in zip(decoded.components, multivector.components) {
            #expect(abs(a - b) <= max(abs(b) * 0x1p-11, 0x1p-25))
        }
    }

    @Test func `int8 keeps half a step of the largest`() throws {
        let rows: [[Float]] = [
            [0, 0, 0, 0], [127, -127, 0.5, 1.5], [1e-30, -1e-30, 5e-31, 0], [-65_504, 300, 0, 1],
        ]
        let decoded = try roundTrip(try Multivector(rows), MultivectorEncoder(.int8))
        for (token, row) in rows.enumerated() {
            let largest = row.map(abs).max() ?? 0
            for (a, b) in zip(decoded[token], row) { #expect(abs(a - b) <= largest / 254 * 1.001) }
        }
        #expect(Array(decoded[1]) == [127, -127, 0, 2])
    }

    @Test mutating func `pq32 keeps what it has learned`() throws {
        // As many tokens as codewords: each finds itself again.
        let few = try Multivector(
            dimension: 6, components: (0..<40 * 6).map { _ in Float.random(in: -1...1, using: &random) })
        let codebook = try CodebookTrainer().train(few.components, dimension: 6)
        #expect(codebook.subspaces == 2)
        let decoded = try roundTrip(few, MultivectorEncoder(codebook, number: 1), codebook)
        for (a, b) in zip(decoded.components, few.components) { #expect(abs(a - b) < 1e-5) }
    }

    @Test mutating func `training is the same for a seed`() throws {
        let samples = (0..<300 * 5).map { _ in Float.random(in: -1...1, using: &random) }
        var trainer = CodebookTrainer()
        trainer.tokensPerCentroid = 50
        trainer.rounds = 3
        let codebook = try trainer.train(samples, dimension: 5)
        #expect(codebook.centroidCount == 6)
        #expect(try trainer.train(samples, dimension: 5) == codebook)
        trainer.seed = 2
        #expect(try trainer.train(samples, dimension: 5) != codebook)
        // Trained, it is nearer to its samples than a codebook of random ones.
        func error(_ codebook: TokenCodebook) throws -> Float {
            let original = try Multivector(dimension: 5, components: samples)
            let decoded = try roundTrip(original, MultivectorEncoder(codebook, number: 1), codebook)
            return zip(decoded.components, samples).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        trainer.rounds = 0
        #expect(try error(codebook) < error(trainer.train(samples, dimension: 5)))
    }

    @Test mutating func `the nearest row is the nearest`() {
        for (rows, width) in [(1, 1), (15, 3), (16, 4), (33, 7), (100, 2)] {
            // Few values, so that distances tie.
            let all = (0..<rows * width).map { _ in Float(random.next() % 3) }
            let nearest = NearestRow(all[...], width: width)
            for _ in 0..<20 {
                let vector = (0..<width).map { _ in Float(random.next() % 3) }
                let distances = (0..<rows).map { row in
                    (0..<width).reduce(Float(0)) { sum, index in
                        let difference = all[row * width + index] - vector[index]
                        return sum + difference * difference
                    }
                }
                let expected = distances.firstIndex(of: distances.min() ?? 0)
                #expect(vector.withUnsafeBufferPointer(nearest.find) == expected)
            }
        }
    }

    @Test func `what no store takes is refused`() {
        func code(_ make: () throws -> Multivector) -> VectorError.Code? {
            do {
                _ = try make()
                return nil
            } catch {
                return (error as? VectorError)?.code
            }
        }
        #expect(code { try Multivector([]) } == .noTokens)
        #expect(code { try Multivector([[]]) } == .dimension(0))
        #expect(code { try Multivector([[1], [1, 2]]) } == .unequalRows)
        #expect(code { try Multivector(dimension: 2, components: [1, 2, 3]) } == .unequalRows)
        #expect(code { try Multivector(dimension: 1_025, components: [1]) } == .dimension(1_025))
        #expect(code { try Multivector([[1], [65_505]]) } == .component(token: 1, 65_505))
        #expect(code { try Multivector([[-.infinity]]) } == .component(token: 0, -.infinity))
        #expect(throws: VectorError.self) { try Multivector([[.nan]]) }
        let most = Limits.maximumTokensPerMultivector
        #expect(
            code { try Multivector(dimension: 1, components: Array(repeating: 1, count: most + 1)) }
                == .tooManyTokens(most + 1))
        #expect(code { try Multivector(dimension: 1, components: Array(repeating: 65_504, count: most)) } == nil)
        #expect(code { try Multivector(dimension: 1_024, components: Array(repeating: 0, count: 1_024)) } == nil)
    }

    @Test func `a centroid that is not there is damage`() throws {
        let one = TokenCodebook(
            dimension: 1, centroids: [1], codewords: Array(repeating: 0, count: 1_024))
        let two = TokenCodebook(
            dimension: 1, centroids: [1, 2], codewords: Array(repeating: 0, count: 1_024))
        let value = MultivectorEncoder(two, number: 1).encode(try Multivector([[2]]), number: 9)
        try value.withUnsafeBytes { bytes in
            let view = try MultivectorView(bytes, number: 9)
            #expect(try view.multivector(two).components == [2])
            #expect(throws: FormatError.self) { try view.multivector(one) }
            #expect(throws: FormatError.self) { try view.multivector(nil) }
        }
    }
}
