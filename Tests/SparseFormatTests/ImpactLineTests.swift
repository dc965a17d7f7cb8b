import CKernels
import Testing

@testable import SparseFormat

/// The documents of a block index come back from their lines, and whatever the bytes say, nothing outside them is read.
@Suite struct ImpactLineTests {
    private typealias Component = (number: UInt16, code: UInt8)

    private var random = SeededGenerator()

    /// Documents by slot, each with an index that is 3 times its slot, in their chunks.
    private struct Built {
        var documents: [[Component]] = []
        var chunks: [[UInt8]] = []
        var places: [[UInt8]] = []
        var lines = 0

        init(_ documents: [[Component]]) { self.init(documents, ImpactLineWriter(), from: 0) }

        /// Of a writer that has some documents.
        init(_ documents: [[Component]], _ writer: ImpactLineWriter, from first: Int) {
            self.documents = documents
            var writer = writer
            for (slot, document) in documents.enumerated().dropFirst(first) {
                if let full = writer.append(3 * slot, document) { chunks.append(full) }
            }
            lines = writer.lines
            if let last = writer.finish() { chunks.append(last) }
            places = writer.placeChunks()
        }

        func with<Result>(_ body: (ImpactLines) throws -> Result) throws -> Result {
            try open(places.map { ($0, nil) } + chunks.map { ($0, nil) }, [], body)
        }

        /// With the last chunk of each part at the end of readable memory.
        func with<Result>(
            _ memory: (GuardedBytes, GuardedBytes), changing change: (inout [UInt8], inout [UInt8]) -> Void,
            _ body: (ImpactLines) throws -> Result
        ) throws -> Result {
            var (place, chunk) = (places[places.count - 1], chunks[chunks.count - 1])
            change(&place, &chunk)
            return try open(
                places.dropLast().map { ($0, nil) } + [(place, memory.0)] + chunks.dropLast().map { ($0, nil) }
                    + [(chunk, memory.1)], [], body)
        }

        private func open<Result>(
            _ values: [([UInt8], GuardedBytes?)], _ opened: [UnsafeRawBufferPointer],
            _ body: (ImpactLines) throws -> Result
        ) throws -> Result {
            guard let (bytes, memory) = values.first else {
                let lines = try ImpactLines(
                    slots: documents.count, lines: lines, places: Array(opened[..<places.count]),
                    chunks: Array(opened[places.count...]))
                return try body(lines)
            }
            let rest = Array(values.dropFirst())
            if let memory { return try memory.with(bytes) { try open(rest, opened + [$0], body) } }
            return try bytes.withUnsafeBytes { try open(rest, opened + [$0], body) }
        }
    }

    private mutating func document(_ count: Int) -> [Component] {
        (0..<count).map { _ in (UInt16(truncatingIfNeeded: random.next()), UInt8(1 + random.next() % 255)) }
    }

    private mutating func documents(_ count: Int, components: ClosedRange<Int>) -> [[Component]] {
        (0..<count).map { _ in document(Int.random(in: components, using: &random)) }
    }

    private func same(_ a: [Component], _ b: [Component]) -> Bool {
        a.map(\.number) == b.map(\.number) && a.map(\.code) == b.map(\.code)
    }

    private func check(_ built: Built) throws {
        try built.with { lines in
            for (slot, document) in built.documents.enumerated() {
                let place = lines.place(of: slot)
                #expect(lines.document(at: slot) == 3 * slot)
                var read: [Component] = []
                lines.components(at: place) { read.append(($0, $1)) }
                // A chunk is as long as a document can be.
                #expect(same(read, Array(document.prefix(21_483))), "slot \(slot), SPARSE_SEED=\(random.seed)")
                var head: [Component] = []
                lines.components(at: place, lines: 2) { head.append(($0, $1)) }
                #expect(same(head, Array(document.prefix(42))))
            }
        }
    }

    @Test mutating func `documents come back`() throws {
        try check(Built(documents(400, components: 1...150)))
        // Whole and nearly whole lines, and the longest document there can be.
        try check(
            Built([20, 21, 22, 41, 42, 43, 63, 5_355, 5_376, 5_377, 21_483, 21_484, 65_535].map { document($0) }))
    }

    @Test mutating func `a writer that continues writes what one writer would have written`() throws {
        let documents = documents(9_000, components: 1...90)
        let whole = Built(documents)
        for count in [1, 2, 380, 8_184, 8_999] {
            let begin = Built(Array(documents[..<count]))
            let rest = try begin.with { Built(documents, ImpactLineWriter(behind: $0), from: count) }
            #expect(rest.lines == whole.lines)
            #expect(rest.places == whole.places)
            #expect(rest.chunks == Array(whole.chunks[(begin.lines / ImpactLine.linesPerChunk)...]), "\(count)")
        }
    }

    @Test mutating func `no document crosses the end of a chunk`() throws {
        let built = Built(documents(40, components: 1...9_000))
        #expect(built.chunks.count > 5)
        #expect(built.chunks.dropLast().allSatisfy { $0.count == ImpactLine.linesPerChunk * ImpactLine.bytes })
        try check(built)
    }

    /// The loops with the vector instructions of this processor, and without.
    private static let ways: [Bool] = {
        #if arch(x86_64)
            if sparsestore_has_avx2() != 0 { return [false, true] }
        #endif
        return [false]
    }()

    @Test(arguments: ways)
    mutating func `scores of heads and of the lines behind them are sums of codes times multipliers`(
        usesAVX2: Bool
    ) throws {
        let lengths = [1, 20, 21, 22, 41, 42, 43, 63, 5_355, 5_356, 5_376, 5_377, 10_800, 21_483]
        let built = Built(documents(200, components: 1...120) + lengths.map { document($0) })
        let multipliers = (0..<65_537).map { _ in UInt16(random.next() % 1_024) }
        try multipliers.withUnsafeBufferPointer { buffer in
            let base = try #require(buffer.baseAddress)
            try built.with { lines in
                for (slot, document) in built.documents.enumerated() {
                    func sum(_ part: some Sequence<Component>) -> UInt32 {
                        part.reduce(0) { $0 &+ UInt32(multipliers[Int($1.number)]) * UInt32($1.code) }
                    }
                    let place = lines.place(of: slot)
                    let head = lines.head(at: place, base, usesAVX2: usesAVX2)
                    #expect(head.sum == sum(document.prefix(42)), "SPARSE_SEED=\(random.seed)")
                    #expect((head.rest > 0) == (document.count > 42))
                    guard head.rest > 0 else { continue }
                    let rest = lines.rest(at: place, lines: head.rest, base, usesAVX2: usesAVX2)
                    #expect(rest.sum == sum(document.dropFirst(42)), "SPARSE_SEED=\(random.seed)")
                    #expect(rest.lines == ImpactLine.lines(components: document.count) - 2)
                }
            }
        }
    }

    /// The guard behind each last chunk ends the process when something reads past it.
    @Test mutating func `lying bytes stay inside their chunks`() throws {
        let memory = (
            try #require(GuardedBytes(capacity: 1 << 20)), try #require(GuardedBytes(capacity: 1 << 20))
        )
        let base = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
        defer { base.deallocate() }
        base.initialize(repeating: 1_023, count: 65_537)
        // The second has several chunks, and costs as much as all rounds of the first.
        for (built, rounds) in [
            (Built(documents(64, components: 1...60)), 0..<60),
            (Built(documents(12, components: 5_000...9_000)), 3..<4),
        ] {
            for round in rounds {
                var noise = random
                try built.with(memory) { places, lines in
                    switch round % 4 {
                    case 0: places = noise.bytes(places.count)
                    case 1: lines = noise.bytes(lines.count)
                    case 2: (places, lines) = (noise.bytes(places.count), noise.bytes(lines.count))
                    default:
                        // Every document goes on for ever, and begins at the last line.
                        for index in stride(from: 63, to: lines.count, by: 64) { lines[index] = 255 }
                        for index in places.indices { places[index] = 0xFF }
                        for index in lines.indices where index % 64 != 63 { lines[index] |= 1 }
                    }
                } _: { lines in
                    for slot in built.documents.indices {
                        let place = lines.place(of: slot)
                        #expect((0..<built.lines).contains(place))
                        lines.prefetchPlace(of: slot)
                        lines.prefetchHead(at: place)
                        for usesAVX2 in Self.ways {
                            let head = lines.head(at: place, base, usesAVX2: usesAVX2)
                            lines.prefetchRest(at: place, lines: head.rest)
                            guard head.rest > 0 else { continue }
                            let rest = lines.rest(at: place, lines: head.rest, base, usesAVX2: usesAVX2)
                            #expect(rest.lines >= head.rest)
                            #expect(rest.lines + 2 <= ImpactLine.linesPerChunk)
                        }
                        var count = 0
                        lines.components(at: place) { _, _ in count += 1 }
                        #expect(count <= ImpactLine.linesPerChunk * ImpactLine.components)
                        #expect(lines.bytes(at: place, lines: .max).count <= ImpactLine.linesPerChunk * 64)
                    }
                }
                random = noise
            }
        }
    }

    @Test func `chunks have the lengths that the counts ask for`() {
        let bytes = UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64))
        defer { UnsafeMutableRawBufferPointer(mutating: bytes).deallocate() }
        func code(_ slots: Int, _ lines: Int, _ places: [Int], _ chunks: [Int]) -> FormatError.Code? {
            do {
                _ = try ImpactLines(
                    slots: slots, lines: lines, places: places.map { UnsafeRawBufferPointer(rebasing: bytes[..<$0]) },
                    chunks: chunks.map { UnsafeRawBufferPointer(rebasing: bytes[..<$0]) })
                return nil
            } catch { return error.code }
        }
        let broken = FormatError(.blockCounts).code
        #expect(code(32, 3, [256], [192]) == nil)
        #expect(code(32, 3, [248], [192]) == broken)
        #expect(code(32, 3, [264], [192]) == broken)
        #expect(code(32, 3, [256], [128]) == broken)
        #expect(code(32, 3, [256], [256]) == broken)
        #expect(code(32, 3, [], [192]) == broken)
        #expect(code(32, 3, [256], []) == broken)
        #expect(code(32, 3, [256, 0], [192]) == broken)
        #expect(code(32, 3, [256], [192, 0]) == broken)
        #expect(code(32, 1_024, [256], [192, 64]) == broken)
        #expect(code(8_185, 3, [256, 8], [192]) == broken)
        #expect(code(32, 1_024, [256], [65_472, 64]) == nil)
        #expect(code(8_185, 3, [65_472, 8], [192]) == nil)
    }
}
