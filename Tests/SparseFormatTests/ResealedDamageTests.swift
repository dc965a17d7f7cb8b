import Testing

@testable import SparseFormat

/// Damage behind a repaired checksum: what a buggy or hostile writer could store. It gives an error, or a value that
/// encodes and decodes to itself; it never ends the process.
@Suite struct ResealedDamageTests {
    private var random = SeededGenerator()
    private let memory: GuardedBytes

    init() throws {
        memory = try #require(GuardedBytes())
    }

    private func answer(_ sample: Sample, _ damaged: [UInt8]) -> Sample.Answer {
        memory.with(sample.resealed(damaged)) { sample.answer($0) }
    }

    private func survives(_ sample: Sample, _ damaged: [UInt8]) -> Bool {
        answer(sample, damaged) != .wrong
    }

    private func comment(_ sample: Sample, _ what: String) -> Comment {
        "\(sample), \(what), SPARSE_SEED=\(random.seed)"
    }

    @Test mutating func `bit flips`() throws {
        var accepted = 0
        for sample in try Samples.all(&random) {
            var bytes = sample.value
            // Every bit of small values; of pages, those at the start and some of the rest.
            let dense = bytes.count > 1000 ? 300 : 8 * bytes.count
            for bit in 64..<8 * bytes.count where bit < dense || bit % 37 == 0 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let answer = answer(sample, bytes)
                #expect(answer != .wrong, comment(sample, "bit \(bit)"))
                if answer == .accepted { accepted += 1 }
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
        // The canary: were no damage accepted at all, the checksums would not have been repaired.
        #expect(accepted > 1000)
    }

    @Test mutating func `lying numbers`() throws {
        let lies: [UInt64] = [0, 1, 0x80, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max]
        for sample in try Samples.all(&random) {
            for offset in 16..<min(sample.value.count, 140) {
                for lie in lies {
                    for width in [1, 4, 8] where offset + width <= sample.value.count {
                        var bytes = sample.value
                        for index in 0..<width {
                            bytes[offset + index] = UInt8(truncatingIfNeeded: lie >> UInt64(8 * index))
                        }
                        #expect(survives(sample, bytes), comment(sample, "\(lie) at \(offset)"))
                    }
                }
            }
        }
    }

    @Test mutating func `cuts and splices`() throws {
        for sample in try Samples.all(&random) {
            for length in 16..<sample.value.count where length < 500 || length % 61 == 0 {
                #expect(survives(sample, Array(sample.value[..<length])), comment(sample, "length \(length)"))
            }
            for round in 0..<300 {
                var bytes = sample.value
                for _ in 0...random.next() % 4 {
                    let start = 16 + Int(random.next() % UInt64(max(1, bytes.count - 15)))
                    let end = min(bytes.count, start + Int(random.next() % 12))
                    guard start <= end else { continue }
                    bytes.replaceSubrange(start..<end, with: random.bytes(Int(random.next() % 12)))
                }
                #expect(survives(sample, bytes), comment(sample, "splice \(round)"))
            }
        }
    }

    @Test mutating func `bodies of noise`() throws {
        for sample in try Samples.all(&random) {
            for length in 0..<300 {
                let one = UInt8(truncatingIfNeeded: length)
                let body = length % 2 == 0 ? random.bytes(length) : [UInt8](repeating: one, count: length)
                #expect(survives(sample, sample.value[..<16] + body), comment(sample, "noise of \(length)"))
            }
        }
    }
}
