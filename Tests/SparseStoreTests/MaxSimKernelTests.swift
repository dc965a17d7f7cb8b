import SparseStore
import Testing

@testable import SparseFormat
@testable import SparseStore

/// The kernels against the definition of FORMAT.md and against each other.
@Suite struct MaxSimKernelTests {
    private static let shapes = [
        (1, 1, 1), (2, 3, 5), (7, 15, 16), (8, 16, 17), (31, 5, 33), (64, 17, 130), (128, 32, 80), (127, 40, 67),
        (1_024, 3, 9),
    ]

    /// Random token vectors, some with zeros only.
    private static func random(_ tokens: Int, _ dimension: Int, _ generator: inout SplitMix64) throws -> Multivector {
        var components = (0..<tokens * dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        if tokens > 2 { for index in 0..<dimension { components[dimension + index] = 0 } }
        return try Multivector(dimension: dimension, components: components)
    }

    /// The sum of the largest inner products, in the order that the format defines.
    private static func reference(_ query: Multivector, _ document: Multivector) -> Float {
        (0..<query.count).reduce(Float(0)) { sum, token in
            sum
                + (0..<document.count).reduce(-Float.infinity) { best, other in
                    var product: Float = 0
                    for (a, b) in zip(query[token], document[other]) { product += a * b }
                    return max(best, product)
                }
        }
    }

    private static func score(
        _ query: Multivector, _ document: Multivector, _ encoder: MultivectorEncoder, _ kernels: MaxSimKernels,
        _ codebook: TokenCodebook? = nil, shift: Int = 0
    ) throws -> Float {
        let value = [UInt8](repeating: 0, count: shift) + encoder.encode(document, number: 3)
        return try value.withUnsafeBytes { bytes in
            let view = try MultivectorView(UnsafeRawBufferPointer(rebasing: bytes[shift...]), number: 3)
            return try MaxSimScorer(query, kernels: kernels).score(view) { _ in try #require(codebook) }
        }
    }

    @Test func `f16 scores are, bit for bit, the sums that the format defines, with AVX2 and without`() throws {
        var generator = SplitMix64(seed: 1)
        for (dimension, tokens, stored) in Self.shapes {
            let query = try Self.random(tokens, dimension, &generator)
            let document = try Self.random(stored, dimension, &generator)
            let rounded = try Multivector(
                dimension: dimension, components: document.components.map { HalfFloat.float(HalfFloat.bits($0)) })
            let expected = Self.reference(query, rounded)
            for kernels in [MaxSimKernels.portable, .best] {
                for shift in [0, 2, 7] {
                    let score = try Self.score(query, document, MultivectorEncoder(.f16), kernels, shift: shift)
                    #expect(score == expected, "\(dimension) x \(tokens) x \(stored), \(kernels)")
                }
            }
        }
    }

    @Test func `int8 scores are the same with integers and with floats, and near the exact ones`() throws {
        var generator = SplitMix64(seed: 2)
        for (dimension, tokens, stored) in Self.shapes {
            let query = try Self.random(tokens, dimension, &generator)
            let document = try Self.random(stored, dimension, &generator)
            let encoder = MultivectorEncoder(.int8)
            let portable = try Self.score(query, document, encoder, .portable)
            #expect(try Self.score(query, document, encoder, .best, shift: 3) == portable)
            // Half a code on either side of each product.
            let bound = Float(tokens * dimension) / 127 * 1.01 + 1e-4
            #expect(abs(portable - Self.reference(query, document)) <= bound)
        }
    }

    @Test func `the largest codes of the largest dimension add up without rounding`() throws {
        let ones = try Multivector(dimension: 1_024, components: Array(repeating: 1, count: 2_048))
        for kernels in [MaxSimKernels.portable, .best] {
            let score = try Self.score(ones, ones, MultivectorEncoder(.int8), kernels)
            #expect(abs(score - 2_048) < 0.001)
        }
    }

    @Test func `pq32 scores are those of the decoded tokens, with AVX2 and without`() throws {
        var generator = SplitMix64(seed: 3)
        for (dimension, tokens, stored) in [(1, 2, 5), (6, 17, 33), (16, 5, 9)] {
            let samples = try Self.random(200, dimension, &generator)
            var trainer = CodebookTrainer()
            trainer.rounds = 2
            trainer.maximumCentroids = 5
            let codebook = try trainer.train(samples.components, dimension: dimension)
            let encoder = MultivectorEncoder(codebook, number: 4)
            let query = try Self.random(tokens, dimension, &generator)
            let document = try Self.random(stored, dimension, &generator)
            let decoded = try encoder.encode(document, number: 3).withUnsafeBytes {
                try MultivectorView($0, number: 3).multivector(codebook)
            }
            let portable = try Self.score(query, document, encoder, .portable, codebook)
            #expect(try Self.score(query, document, encoder, .best, codebook, shift: 1) == portable)
            #expect(abs(portable - Self.reference(query, decoded)) < 1e-4 * Float(tokens))
        }
    }

    @Test func `every half becomes the float that it is, eight at a time and singly`() {
        let halves = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
        for kernels in [MaxSimKernels.portable, .best] {
            for count in [halves.count, 5] {
                var floats = [Float](repeating: 0, count: count)
                halves.withUnsafeBytes { bytes in
                    floats.withUnsafeMutableBufferPointer { floats in
                        if let source = bytes.baseAddress, let target = floats.baseAddress {
                            kernels.widen(halves: source, to: target, count: count)
                        }
                    }
                }
                #expect(zip(halves, floats).allSatisfy { HalfFloat.float($0).bitPattern == $1.bitPattern })
            }
        }
    }
}
