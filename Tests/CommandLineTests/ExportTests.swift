import Foundation
import SparseInterchange
import SparseStore
import TestSupport
import Testing

@Suite("What is exported is loaded again as it was")
struct ExportTests {
    /// Random documents with every kind of content.
    private struct Generator {
        var random: SeededGenerator
        let isByNumber: Bool

        mutating func text(_ bytes: Int) -> String {
            // A quote, a backslash, control characters, two normalizations of one letter, a character of four bytes.
            let characters = [
                "a", "B", "0", "\"", "\\", "\n", "\t", "\u{1}", "\u{7F}", "\u{E9}", "e\u{301}", "\u{1F600}",
            ]
            var text = ""
            repeat { text += characters.randomElement(using: &random) ?? "a" } while text.utf8.count < bytes
            return text
        }

        mutating func weight() -> Float {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: Limits.weights.lowerBound
            case 1: Limits.weights.upperBound
            case 2: 0.1
            default: Float(bitPattern: .random(in: Float(1e-15).bitPattern...Float(1e15).bitPattern, using: &random))
            }
        }

        mutating func document(_ number: Int, component: (inout SeededGenerator) -> Float) throws -> Document {
            let count = Int.random(in: 1...20, using: &random)
            var document = Document(id: "\(text(3))\(number)", terms: ["x": 1])
            if isByNumber {
                var terms: Set<TermID> = [0, .max]
                while terms.count < count { terms.insert(.random(in: 0...(.max), using: &random)) }
                document.content = .vector(try SparseVector(terms.map { ($0, weight()) }))
            } else {
                document.content = .terms((0..<count).map { WeightedTerm("\(text(2))\($0)", weight()) })
            }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: document.payload = nil
            case 1: document.payload = []
            case 2: document.payload = Array(text(30).utf8)
            default: document.payload = (0..<Int.random(in: 1...9, using: &random)).map { 0xFF - UInt8($0 % 3) }
            }
            document.tags = (0..<Int.random(in: 0...3, using: &random)).map { "\(text(2))\($0)" }
            if Bool.random(using: &random) {
                let tokens = Int.random(in: 1...4, using: &random)
                document.multivector = try Multivector(
                    dimension: 5, components: (0..<5 * tokens).map { _ in component(&random) })
            }
            return document
        }
    }

    /// Everything a document holds, in bytes: String's equality would take two normalizations for one.
    private func facts(_ document: Document) -> [[UInt8]] {
        var facts = [Array(document.id.utf8), document.payload.map { [1] + $0 } ?? [0]]
        facts += document.tags.map { Array($0.utf8) }
        switch document.content {
        case .terms(let terms):
            facts += terms.map { Array($0.term.utf8) + withUnsafeBytes(of: $0.weight.bitPattern) { Array($0) } }
                .sorted { $0.lexicographicallyPrecedes($1) }
        case nil: facts.append([0])
        case .vector(let vector):
            facts += zip(vector.terms, vector.weights).map { Array("\($0) \($1.bitPattern)".utf8) }
        }
        facts += (document.multivector?.components ?? []).map { Array("\($0.bitPattern)".utf8) }
        return facts
    }

    private func facts(_ path: String) throws -> [[[UInt8]]] {
        let store = try Store.open(at: path)
        defer { store.close() }
        var all: [[[UInt8]]] = []
        try store.read { snapshot in
            try snapshot.forEachDocument(includingMultivector: true) {
                all.append(facts($0))
                return true
            }
        }
        return all
    }

    @Test(arguments: [false, true], [MultivectorCodec.f16, .int8])
    func `payloads, tags, terms, numbers, weights and token vectors keep every bit`(
        isByNumber: Bool, codec: MultivectorCodec
    ) throws {
        let folder = TemporaryFolder()
        let seed = UInt64.random(in: 0...(.max))
        var generator = Generator(random: SeededGenerator(seed: seed), isByNumber: isByNumber)
        var configuration = Configuration()
        configuration.multivectorCodec = codec
        let store = try Store.open(at: folder.path("a.sparse"), configuration: configuration)
        try store.write { transaction in
            for number in 0..<300 {
                try transaction.upsert(try generator.document(number) { Float.random(in: -2...2, using: &$0) })
            }
        }
        store.close()
        let exported = try Binary.run("export", folder.path("a.sparse"))
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(exported.errors.contains("--codec int8") == (codec == .int8))
        let lines = Data(exported.output.utf8)
        let loaded = try Binary.run("load", folder.path("b.sparse"), "-", "--codec", "\(codec)", "--json", input: lines)
        #expect(loaded.status == 0, "\(loaded.errors)")
        let before = try facts(folder.path("a.sparse"))
        let after = try facts(folder.path("b.sparse"))
        #expect(before.count == 300)
        #expect(before == after, "seed \(seed)")
        #expect(try Binary.run("export", folder.path("b.sparse")).output == exported.output, "seed \(seed)")
    }

    @Test
    func `a store by numbers is exported by numbers, and queries by numbers are read from the same form`() throws {
        let folder = TemporaryFolder()
        let file = try folder.write("n.csr", Inputs.csr([[(1, 1), (5, 2)], [(5, 3)]]))
        try Binary.run("load", folder.path("a"), file)
        let lines = try Binary.run("export", folder.path("a")).output
        #expect(lines.hasPrefix(#"{"id": "0", "tags": [], "vector": {"indices": [1, 5], "values": [1.0, 2.0]}}"#))
        try Binary.run("load", folder.path("b"), "-", input: Data(lines.utf8))
        let queries = try folder.write("q.jsonl", lines)
        let figures = try Binary.run("eval", folder.path("b"), "--queries", queries, "--json")
        #expect(figures.status == 0, "\(figures.errors)")
        #expect(try figures.object()["queries"] as? Int == 2)
    }

    @Test
    func `what a load of an export changes is said: token vectors of a trained codec`() throws {
        let folder = TemporaryFolder()
        let lines = (0..<400).map {
            "{\"id\": \($0), \"vector\": {\"a\": 1}, \"multivector\": [[\($0 % 7), 1, \($0 % 5), 0.5]]}\n"
        }
        let loaded = try Binary.run(
            "load", folder.path("a"), "-", "--codec", "pq32", input: Data(lines.joined().utf8))
        #expect(loaded.status == 0, "\(loaded.errors)")
        let exported = try Binary.run("export", folder.path("a"))
        #expect(exported.errors.contains("400 documents have token vectors, kept as pq32"))
    }
}

/// A generator that a seed repeats (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
