import Testing

@testable import SparseFormat

@Suite struct DocumentTests {
    private let key = Keys.document(5)
    private let decoder = DocumentDecoder()

    private func vector() throws -> SparseVector { try SparseVector([(0, 1), (200, 2), (.max, 3)]) }

    private func encodingFails(
        id: String = "d", tags: [String] = [], payload: [UInt8]? = nil
    ) throws -> FormatError.Code? {
        let vector = try vector()
        do throws(FormatError) {
            let value = try DocumentEncoder().encode(id: id, vector: vector, tags: tags, payload: payload, key: key)
            value.withUnsafeBytes { bytes in
                let view = try? DocumentView(bytes, number: 5)
                #expect(throws: Never.self) { try view?.check(decoder) }
                #expect(view != nil)
            }
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `round trips are exact`() throws {
        var random = SeededGenerator()
        for round in 0..<400 {
            let count = Int(random.next() % 150)
            let vector = Arbitrary.vector(&random, count: count, below: round % 3 == 0 ? .max : 2000)
            let tags = (0..<random.next() % 6).map { _ in random.text(bytes: 1 + Int(random.next() % 20)) }
            let size = Int(random.next() % 500)
            let payloads: [[UInt8]?] = [nil, random.bytes(size), [UInt8](repeating: 65, count: size)]
            let payload = payloads[round % 3]
            let id = random.text(bytes: 1 + Int(random.next() % 60))
            let compressions = [DocumentCompression.off, .fast]
            let compression = compressions[Int(random.next() % 2)]
            let number = random.number()
            let value = try DocumentEncoder(compression)
                .encode(id: id, vector: vector, tags: tags, payload: payload, key: Keys.document(number))
            try value.withUnsafeBytes { bytes in
                let view = try DocumentView(bytes, number: number)
                #expect(try Array(view.identifier.utf8) == Array(id.utf8))
                #expect(view.termCount == count)
                #expect(view.payloadLength == payload?.count)
                #expect(try view.vector() == vector, "SPARSE_SEED=\(random.seed), round \(round)")
                #expect(try view.payload(decoder) == payload)
                let sorted = Set(tags.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
                #expect(try view.tags().map { Array($0.utf8) } == sorted)
                var terms: [TermID] = []
                try view.forEachComponent { term, _ in terms.append(term) }
                #expect(terms == vector.terms)
            }
        }
    }

    @Test func `identifiers from both sides`() throws {
        #expect(try encodingFails(id: "") == .limitExceeded)
        #expect(try encodingFails(id: "x") == nil)
        #expect(try encodingFails(id: String(repeating: "x", count: 500)) == nil)
        #expect(try encodingFails(id: String(repeating: "x", count: 501)) == .limitExceeded)
        #expect(try encodingFails(id: String(repeating: "\u{E9}", count: 250)) == nil)
        #expect(try encodingFails(id: String(repeating: "\u{E9}", count: 251)) == .limitExceeded)
        #expect(try encodingFails(id: "\u{0}") == nil)
    }

    @Test func `tags from both sides`() throws {
        #expect(try encodingFails(tags: [""]) == .limitExceeded)
        #expect(try encodingFails(tags: [String(repeating: "x", count: 200)]) == nil)
        #expect(try encodingFails(tags: [String(repeating: "x", count: 201)]) == .limitExceeded)
        let longest = (0..<257).map { String(repeating: "x", count: 197) + String(1000 + $0).dropFirst() }
        #expect(try encodingFails(tags: Array(longest.dropLast())) == nil)
        #expect(try encodingFails(tags: longest) == .limitExceeded)
        #expect(try encodingFails(tags: Array(repeating: "same", count: 1000)) == nil)
        #expect(try encodingFails(tags: ["\u{E9}", "e\u{301}"]) == nil)
    }

    @Test func `payloads from both sides`() throws {
        let most = Limits.maximumPayloadBytes
        #expect(try encodingFails(payload: []) == nil)
        #expect(try encodingFails(payload: [UInt8](repeating: 0, count: most)) == nil)
        #expect(try encodingFails(payload: [UInt8](repeating: 0, count: most + 1)) == .limitExceeded)
    }

    @Test func `the largest vector`() throws {
        let most = Limits.maximumTermsPerVector
        // The widest terms: each gap takes three bytes, the first term five.
        let terms = (0..<most).map { TermID.max - TermID(most - 1 - $0) * 65_000 }
        let vector = try SparseVector(terms: terms, weights: (0..<most).map { Float($0 + 1) })
        let value = try DocumentEncoder().encode(id: "d", vector: vector, key: key)
        let decoded = try value.withUnsafeBytes { try DocumentView($0, number: 5).vector() }
        #expect(decoded == vector)
        let over = SparseVector(uncheckedTerms: terms + [0], weights: vector.weights + [1])
        #expect(throws: FormatError.self) { try DocumentEncoder().encode(id: "d", vector: over, key: key) }
    }

    @Test func `a document without a vector scores zero and has no component`() throws {
        let value = try DocumentEncoder().encode(id: "d", vector: .empty, key: key)
        try value.withUnsafeBytes { bytes in
            let view = try DocumentView(bytes, number: 5)
            #expect(view.termCount == 0)
            #expect(try view.vector() == .empty)
            #expect(try view.score([1], termLimit: 1) == 0)
            var components = 0
            try view.forEachComponent { _, _ in components += 1 }
            #expect(components == 0)
        }
    }

    @Test func `compression is used where it saves`() throws {
        let text = Array(String(repeating: "payload ", count: 100).utf8)
        func length(_ compression: DocumentCompression, _ payload: [UInt8]) throws -> Int {
            try DocumentEncoder(compression).encode(id: "d", vector: vector(), payload: payload, key: key).count
        }
        #expect(try length(.fast, text) < length(.off, text) / 4)
        var random = SeededGenerator()
        let noise = random.bytes(800)
        #expect(try length(.fast, noise) == length(.off, noise))
    }

    @Test func `dictionaries are found or named as missing`() throws {
        let text = Array("the quick brown fox jumps over the lazy dog".utf8)
        let encoder = DocumentEncoder(dictionary: Samples.dictionary)
        let value = try encoder.encode(id: "d", vector: vector(), payload: text, key: key)
        let raw = try encoder.encode(id: "d", vector: vector(), payload: [1], key: key)
        var asked: [UInt32] = []
        let loading = DocumentDecoder { id in
            asked.append(id)
            return id == 3 ? Samples.dictionary : nil
        }
        try value.withUnsafeBytes { bytes in
            let view = try DocumentView(bytes, number: 5)
            #expect(view.dictionary == 3)
            #expect(try view.payload(loading) == text)
            #expect(try view.payload(loading) == text)
            #expect(asked == [3])
            let error = #expect(throws: FormatError.self) { try view.payload(decoder) }
            #expect(error?.code == .unknownDictionary)
            #expect(error?.table == .documents)
            #expect(error?.key == "0000000000000005")
        }
        #expect(try raw.withUnsafeBytes { try DocumentView($0, number: 5).dictionary } == 0)
    }

    @Test func `checksums can be skipped`() throws {
        var value = try DocumentEncoder().encode(id: "d", vector: vector(), key: key)
        value[0] ^= 1
        value.withUnsafeBytes { bytes in
            #expect(throws: FormatError.self) { try DocumentView(bytes, number: 5) }
            #expect(throws: Never.self) { try DocumentView(bytes, number: 5, verifyChecksum: false) }
        }
    }
}
