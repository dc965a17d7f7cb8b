import Testing

@testable import SparseFormat

/// Damage to whole values: each kind in turn, at the end of readable memory.
@Suite struct DamageTests {
    private var random = SeededGenerator()
    private let memory: GuardedBytes

    init() throws {
        memory = try #require(GuardedBytes())
    }

    private func fails(_ sample: Sample, _ bytes: [UInt8], _ table: TableNumber? = nil, _ key: [UInt8]? = nil) -> Bool {
        memory.with(bytes) { bytes in
            do {
                _ = try sample.recode(bytes, table ?? sample.table, key ?? sample.key)
                return false
            } catch {
                return error is FormatError
            }
        }
    }

    private func comment(_ sample: Sample, _ what: String) -> Comment {
        "\(sample), \(what), SPARSE_SEED=\(random.seed)"
    }

    @Test mutating func `sound values decode`() throws {
        for round in 0..<20 {
            for sample in try Samples.all(&random) {
                let recoded = try memory.with(sample.value) { try sample.recode($0, sample.table, sample.key) }
                if sample.isCanonical {
                    #expect(recoded == sample.value, comment(sample, "round \(round)"))
                } else {
                    let again = try memory.with(recoded) { try sample.recode($0, sample.table, sample.key) }
                    #expect(again == recoded, comment(sample, "round \(round)"))
                }
            }
        }
    }

    @Test mutating func `values decode at any address`() throws {
        for sample in try Samples.all(&random) {
            for shift in 1...9 {
                // The bytes end before the guard by `shift`, and so begin at every alignment.
                let recoded = try memory.with(sample.value + [UInt8](repeating: 0xAA, count: shift)) { bytes in
                    let value = UnsafeRawBufferPointer(rebasing: bytes[..<sample.value.count])
                    return try sample.recode(value, sample.table, sample.key)
                }
                #expect(!sample.isCanonical || recoded == sample.value, comment(sample, "shift \(shift)"))
            }
        }
    }

    @Test mutating func `every truncation fails`() throws {
        for sample in try Samples.all(&random) {
            for length in 0..<sample.value.count {
                #expect(fails(sample, Array(sample.value[..<length])), comment(sample, "length \(length)"))
            }
        }
    }

    @Test mutating func `trailing bytes fail`() throws {
        for sample in try Samples.all(&random) {
            for tail in [[0], [0xFF], [UInt8](repeating: 0, count: 16), sample.value] {
                #expect(fails(sample, sample.value + tail), comment(sample, "\(tail.count) bytes more"))
            }
        }
    }

    @Test mutating func `every bit flip fails`() throws {
        for sample in try Samples.all(&random) {
            var bytes = sample.value
            // Values of pages: each bit of the first 256 bytes, then one bit of each byte.
            for bit in 0..<8 * bytes.count where bit < 2048 || bit % 9 == 0 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(fails(sample, bytes), comment(sample, "bit \(bit)"))
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    @Test mutating func `a value under another key fails`() throws {
        for sample in try Samples.all(&random) {
            for table in TableNumber.allCases where table != sample.table {
                #expect(fails(sample, sample.value, table), comment(sample, "table \(table)"))
            }
            for bit in 0..<8 * sample.key.count {
                var key = sample.key
                key[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(fails(sample, sample.value, nil, key), comment(sample, "key bit \(bit)"))
            }
            for key in [[], sample.key + [0], Array(sample.key.dropLast()), Array(sample.key.reversed()) + [1]] {
                #expect(fails(sample, sample.value, nil, key), comment(sample, "key \(key)"))
            }
        }
    }

    @Test mutating func `a value of another kind fails`() throws {
        for sample in try Samples.all(&random) {
            for kind in RecordKind.allCases where kind.rawValue != sample.value[8] {
                var bytes = sample.value
                bytes[8] = kind.rawValue
                let failure = failure(sample, sample.resealed(bytes))
                #expect(failure?.code == .wrongKind, comment(sample, "kind \(kind)"))
                #expect(failure?.table == sample.table)
            }
        }
    }

    @Test mutating func `unknown versions and flags fail`() throws {
        for sample in try Samples.records(&random) + Samples.documents(&random) {
            let newest = RecordKind(rawValue: sample.value[8])?.newestVersion ?? 1
            for version: UInt8 in [0, newest + 1, 255] {
                var bytes = sample.value
                bytes[9] = version
                let failure = failure(sample, sample.resealed(bytes))
                #expect(failure?.code == .unsupportedVersion, comment(sample, "version \(version)"))
            }
            for bit in 0..<16 {
                var bytes = sample.value
                bytes[10 + bit / 8] = 1 << UInt8(bit % 8)
                #expect(failure(sample, sample.resealed(bytes))?.code == .unknownFlags, comment(sample, "flag \(bit)"))
            }
        }
    }

    private func failure(_ sample: Sample, _ bytes: [UInt8]) -> FormatError? {
        memory.with(bytes) { bytes in
            do {
                _ = try sample.recode(bytes, sample.table, sample.key)
                return nil
            } catch {
                return error as? FormatError
            }
        }
    }
}
