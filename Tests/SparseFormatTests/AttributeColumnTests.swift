import Testing

@testable import SparseFormat

/// Columns say what was put into them, and match what brute force does.
@Suite struct AttributeColumnTests {
    /// A value as a column has it: lists ascend, with each element once.
    private func laidOut(_ value: AttributeValue) -> AttributeValue {
        switch value {
        case .integers(let list): .integers(Set(list).sorted())
        case .strings(let list):
            .strings(
                Set(list.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
                    .map { String(decoding: $0, as: UTF8.self) })
        default: value
        }
    }

    @Test(arguments: AttributeType.allCases, [1.0, 0.6, 0.02])
    func `values come back`(_ type: AttributeType, _ share: Double) throws {
        var random = SeededGenerator()
        for documents in [1, 5, 64, 1_000, 3_000] {
            let made = AttributeValues(type, documents: documents, share: share, &random)
            guard let body = try made.body() else { continue }
            try body.withUnsafeBytes { bytes in
                let column = try AttributeColumn(body: bytes)
                #expect(column.present == made.values.count)
                for ordinal in 0..<documents {
                    #expect(
                        column.value(of: ordinal) == made.values[ordinal].map(laidOut), "SPARSE_SEED=\(random.seed)")
                }
            }
        }
    }

    @Test(arguments: AttributeType.allCases, [1.0, 0.6, 0.02])
    func `intervals match what lies in them`(_ type: AttributeType, _ share: Double) throws {
        var random = SeededGenerator()
        let made = AttributeValues(type, documents: 3_000, share: share, &random)
        guard let body = try made.body() else { return }
        try body.withUnsafeBytes { bytes in
            let column = try AttributeColumn(body: bytes)
            let largest = (0..<column.codes.count).map { column.codes[$0] }.max() ?? 0
            for _ in 0..<20 {
                let ends = [random.next(), random.next()].map { $0 % (largest + 2) }.sorted()
                let interval = ends[0]...ends[1]
                var found: Set<Int> = []
                column.match([interval]) { word, bits in
                    for bit in 0..<64 where bits >> UInt64(bit) & 1 == 1 { found.insert(64 * word + bit) }
                }
                var expected: Set<Int> = []
                column.forEachEntry { ordinal, codes in
                    if codes.contains(where: { interval.contains(column.codes[$0]) }) { expected.insert(ordinal) }
                }
                #expect(found == expected, "SPARSE_SEED=\(random.seed)")
            }
            var present: Set<Int> = []
            column.matchPresent { word, bits in
                for bit in 0..<64 where bits >> UInt64(bit) & 1 == 1 { present.insert(64 * word + bit) }
            }
            #expect(present == Set(made.values.keys))
        }
    }

    @Test func `keys ascend with their values`() {
        let numbers: [Double] = [-.greatestFiniteMagnitude, -2, -1, -.leastNonzeroMagnitude, 0, 1e-300, 1, 1.5, 1e300]
        #expect(numbers.map(AttributeKey.number) == numbers.map(AttributeKey.number).sorted())
        #expect(AttributeKey.number(-0.0) == AttributeKey.number(0))
        let integers: [Int64] = [.min, -1, 0, 1, .max]
        #expect(integers.map(AttributeKey.integer) == integers.map(AttributeKey.integer).sorted())
        for number in numbers { #expect(AttributeKey.value(AttributeKey.number(number), .number) == .number(number)) }
        for integer in integers {
            #expect(AttributeKey.value(AttributeKey.integer(integer), .integer) == .integer(integer))
        }
    }

    @Test func `whole days take few bits`() throws {
        var writer = AttributeColumnWriter(name: Array("day".utf8), documents: 1_000)
        for ordinal in 0..<1_000 { try writer.append(.date(Int64(ordinal % 200) * 86_400_000_000), ordinal: ordinal) }
        let body = try #require(writer.body())
        #expect(body.count < 1_200)
    }

    @Test func `integers and numbers stand in one column and nothing else does`() throws {
        var writer = AttributeColumnWriter(name: [97], documents: 2)
        try writer.append(.integer(1), ordinal: 0)
        try writer.append(.number(1.5), ordinal: 1)
        let body = try #require(writer.body())
        let whole = try body.withUnsafeBytes { try AttributeColumn(body: $0).value(of: 0) }
        #expect(whole == .number(1))
        #expect(throws: FormatError.self) { try writer.append(.string("a"), ordinal: 1) }
    }
}
