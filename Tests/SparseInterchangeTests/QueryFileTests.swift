import SparseInterchange
import SparseStore
import Testing

@Suite("Queries come in either format, told by the content")
struct QueryFileTests {
    @Test
    func `JSON Lines, with a query that has no weight`() throws {
        let text = "{\"id\": \"q\", \"content\": \"words\", \"vector\": {\"a\": 1}}\n{\"id\": 2, \"vector\": {}}\n"
        let file = try QueryFile(source: ByteSource(bytes: Array(text.utf8)))
        #expect(file.format == .jsonl)
        #expect(
            file.queries == [
                QueryRecord(id: "q", query: Query(terms: [WeightedTerm("a", 1)]), text: "words"),
                QueryRecord(id: "2", query: nil),
            ])
    }

    @Test
    func `CSR, with an empty row, however many rows`() throws {
        for count in [1, 2, 123, 256, 0x7B22] {
            let rows = (0..<count).map { $0 == 1 ? [] : [(Int32($0 % 100), 1)] as [(Int32, Float)] }
            let file = try QueryFile(source: ByteSource(bytes: Support.csr(rows)))
            #expect(file.format == .csr)
            #expect(file.queries.count == count)
            #expect(file.queries.last?.id == "\(count - 1)")
            #expect(count < 2 || file.queries[1].query == nil)
        }
    }

    @Test
    func `a line that is no query is an error that names it`() throws {
        let text = "{\"id\": 1, \"vector\": {\"a\": 1}}\n{\"id\": 2}\n"
        do {
            _ = try QueryFile(source: ByteSource(bytes: Array(text.utf8), name: "q.jsonl"))
            Issue.record("accepted")
        } catch {
            #expect(error.message.contains("line 2 of 'q.jsonl'"))
        }
        let bad = Support.csr([[(1, 1)], [(1, .nan)]])
        #expect(throws: InterchangeError.self) { try QueryFile(source: ByteSource(bytes: bad)) }
    }

    @Test
    func `queries by number may have weights below zero, and documents may not`() throws {
        let rows = Support.csr([[(1, 1)], [(1, -2), (3, 0.5)]])
        let queries = try QueryFile(source: ByteSource(bytes: rows)).queries
        #expect(queries.map(\.query) == [Query(vector: try SparseVector([(1, 1)])), Query(numbers: [1: -2, 3: 0.5])])
        let documents = try CSRReader(source: ByteSource(bytes: rows))
        _ = try documents.next()
        guard case .reject(let reject) = try documents.next() else {
            Issue.record("a document with a weight below zero was read")
            return
        }
        #expect(reject.concernsWeight)
    }

    @Test
    func `terms written by hand`() throws {
        #expect(try TermsText.parse("{\"a\": 1.5, \"b\": 2}") == [WeightedTerm("a", 1.5), WeightedTerm("b", 2)])
        #expect(try TermsText.parse(" {} ").isEmpty)
        for text in ["", "a", "[1]", "{\"a\": 1} x", "{\"a\"}", "{\"a\": -1}"] {
            #expect(throws: InterchangeError.self) { try TermsText.parse(text) }
        }
        let numbers = try TermsText.numbers([WeightedTerm("7", 1), WeightedTerm("3", 2)])
        #expect(numbers == [3: 2, 7: 1])
        #expect(try TermsText.parse("{\"a\": -1, \"b\": 0}", acceptingNegative: true) == [WeightedTerm("a", -1)])
        for other in ["x", "07", "+8", "-1", "4294967296", "\u{663}", "7"] {
            let error = #expect(throws: InterchangeError.self) {
                try TermsText.numbers([WeightedTerm("7", 1), WeightedTerm(other, 2)])
            }
            #expect(error?.message.contains(other) == true)
        }
    }

    @Test
    func `weight tables by number and by name`() throws {
        let floats = [Float(0), 1.5, 3].flatMap { Support.little($0.bitPattern) }
        #expect(try Support.withFile(floats) { try WeightTableFile(path: $0) } == .byNumber([0, 1.5, 3]))
        let json = Array(" {\"a\": 2}\n".utf8)
        #expect(try Support.withFile(json) { try WeightTableFile(path: $0) } == .byName([WeightedTerm("a", 2)]))
        let nan = Support.little(Float.nan.bitPattern)
        for bytes in [[], [1, 2, 3], nan, Support.little(Float(-1).bitPattern)] as [[UInt8]] {
            try Support.withFile(bytes) { path in
                #expect(throws: InterchangeError.self) { try WeightTableFile(path: path) }
            }
        }
    }
}
