import Testing

@testable import SparseFormat

/// Whole windows: whatever documents go in, every posting, level, average, record and identifier comes out.
@Suite struct BuiltWindowTests {
    private var random = SeededGenerator()

    private func check(_ window: BuiltWindow, _ what: String) throws {
        let problems = try window.problems()
        #expect(problems.isEmpty, "\(what): \(problems.prefix(9)), SPARSE_SEED=\(random.seed)")
    }

    private func encodings(_ window: BuiltWindow) throws -> Set<WindowEntry.Encoding> {
        try window.directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: window.chunks.map(\.count))
            return Set((0..<view.count).map { view.entry(at: $0).encoding })
        }
    }

    @Test mutating func `small windows come back`() throws {
        for count in [1, 2, 7, 8, 9, 100, 1023] {
            for extreme in [false, true] {
                let documents = BuiltWindow.documents(
                    &random, count: count, draws: 12, vocabulary: 90, extreme: extreme)
                let window = BuiltWindow(documents)
                try check(window, "\(count) documents")
                #expect(try !encodings(window).contains(.dense))
            }
        }
    }

    @Test mutating func `windows with levels come back`() throws {
        for (count, extreme) in [(1024, false), (1500, true), (3000, false)] {
            let documents = BuiltWindow.documents(&random, count: count, draws: 40, vocabulary: 8000, extreme: extreme)
            let window = BuiltWindow(documents)
            try check(window, "\(count) documents")
            #expect(try encodings(window) == [.short, .packed, .dense])
            let levels = Set(window.lists.joined().map(\.level))
            #expect(extreme || levels == Set(0..<8))
        }
    }

    @Test mutating func `the largest window comes back`() throws {
        let documents = BuiltWindow.documents(&random, count: 65_535, draws: 3, vocabulary: 200)
        let window = BuiltWindow(documents)
        try check(window, "65,535 documents")
        #expect(window.chunks.count > 1)
        #expect(window.forwardChunks.count > 1)
        // Full, but for a list that found no room and a dense one that needs more.
        #expect(window.chunks.allSatisfy { $0.count <= 65_472 || $0.count == 65_535 })
        #expect(zip(window.chunks, window.chunks.dropFirst()).allSatisfy { $0.count + $1.count > 65_472 })
        #expect(window.forwardChunks.dropLast().allSatisfy { $0.count == 65_472 })
    }

    @Test mutating func `a long document makes large chunks`() throws {
        for (components, expected) in [(10_828, 65_472), (10_829, 1 << 20)] {
            let documents = (0..<200).map { number in
                let terms = (0..<TermID(number == 100 ? components : 600)).map { $0 * 2 }
                return BuiltWindow.Document(identifier: "\(number)", terms: terms, weights: terms.map { _ in 1.5 })
            }
            let window = BuiltWindow(documents)
            try check(window, "a document of \(components) terms")
            let lengths = window.forwardChunks.map(\.count)
            #expect(lengths[0] == (lengths.count == 1 ? lengths[0] : expected))
            #expect(lengths.count > 1 || expected == 1 << 20)
        }
    }

    @Test mutating func `wide windows come back`() throws {
        let documents = (0..<150).map { number in
            let first = TermID(number * 500)
            let weights = (0..<1000).map { _ in Float.random(in: 0.1...3, using: &random) }
            return BuiltWindow.Document(
                identifier: random.text(bytes: 1 + number), terms: (first..<first + 1000).map { $0 * 3 },
                weights: weights)
        }
        let window = BuiltWindow(documents)
        #expect(ForwardTable.isWide(terms: window.terms.count))
        try check(window, "\(window.terms.count) terms")
        #expect(window.chunks.count > 1)
        #expect(window.forwardChunks.count > 1)
        #expect(!ForwardTable.isWide(terms: 65_536))
        #expect(ForwardTable.isWide(terms: 65_537))
    }

    /// A component's level against the share of its document's mass that stands in heavier components, summed anew for
    /// each component in double precision.
    @Test mutating func `levels tell the share of heavier terms`() throws {
        let window = BuiltWindow(BuiltWindow.documents(&random, count: 1100, draws: 25, vocabulary: 400))
        var wrong = 0
        for (term, list) in zip(window.terms, window.lists) {
            for posting in list {
                let document = window.documents[posting.ordinal]
                var heavier = 0.0
                var mass = 0.0
                for (other, weight) in zip(document.terms, document.weights) {
                    mass += Double(weight)
                    if weight > posting.weight || (weight == posting.weight && other < term) {
                        heavier += Double(weight)
                    }
                }
                let bounds = [0] + WindowLevels.bounds.map(Double.init) + [1]
                let isRight =
                    heavier / mass > bounds[posting.level] - 1e-5 && heavier / mass < bounds[posting.level + 1] + 1e-5
                if !isRight { wrong += 1 }
            }
        }
        #expect(wrong == 0, "SPARSE_SEED=\(random.seed)")
        #expect(BuiltWindow.levels([1, 1]) == [0, 3])
        #expect(BuiltWindow.levels([1, 3]) == [5, 0])
        #expect(BuiltWindow.levels([5]) == [0])
        #expect(BuiltWindow.levels([1, 11]) == [7, 0])
    }

    /// Reading the first levels only leaves out what each document is least about.
    @Test mutating func `first levels are a prefix of the list`() throws {
        let window = BuiltWindow(BuiltWindow.documents(&random, count: 2000, draws: 30, vocabulary: 500))
        try window.directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: window.chunks.map(\.count))
            for (index, list) in window.lists.enumerated() where view.entry(at: index).encoding != .dense {
                let entry = view.entry(at: index)
                let read = BuiltWindow.read(entry, window.chunks[Int(entry.chunk)], documents: view.documents)
                for levels in 0...8 {
                    let wanted = list.filter { $0.level < levels }.map(\.ordinal)
                    let found = read.prefix(view.postings(at: index, levels: levels)).map(\.ordinal)
                    #expect(found == wanted, "term \(window.terms[index]), SPARSE_SEED=\(random.seed)")
                }
            }
        }
    }
}
