import SparseInterchange
import SparseStore
import Testing

@Suite("Rows of CSR files are documents named by their number")
struct CSRReaderTests {
    static let rows: [[(Int32, Float)]] = [[(1, 1.5), (7, 2)], [(99, 0.25)], [], [(3, 1), (2, 4)], [(5, 0), (6, 1)]]

    private func check(_ reader: CSRReader) throws {
        #expect((reader.rows, reader.columns, reader.nonzeros) == (5, 100, 7))
        let rows = try Support.all(reader)
        let expected: [CSRRow] = [
            .vector(try SparseVector(terms: [1, 7], weights: [1.5, 2])),
            .vector(try SparseVector(terms: [99], weights: [0.25])),
            .empty, .vector(try SparseVector(terms: [2, 3], weights: [4, 1])),
            .vector(try SparseVector(terms: [6], weights: [1])),
        ]
        for (index, row) in rows.enumerated() {
            #expect(try reader.row(index) == expected[index])
            switch row {
            case .document(let document, let number):
                #expect(document.id == "\(index)")
                #expect(number == index)
                if case .vector(let vector) = document.content { #expect(expected[index] == .vector(vector)) }
            case .reject(let reject): #expect(reject.number == index && expected[index] == .empty)
            }
        }
        #expect(rows.count == 5)
        #expect(reader.progress == 1)
    }

    @Test
    func `the same from a file, read by ranges, as from a stream, through a temporary copy`() throws {
        let bytes = Support.csr(Self.rows)
        try check(CSRReader(source: ByteSource(bytes: bytes)))
        try Support.withFile(bytes) { try check(CSRReader(source: ByteSource(path: $0))) }
    }

    @Test
    func `rows that are no vectors are rejected, and the others read`() throws {
        let rows: [[(Int32, Float)]] = [
            [(1, 1), (1, 2)], [(100, 1)], [(-1, 1)], [(1, .nan)], [(1, .infinity)], [(1, -1)], [(1, 1e20)],
            [(1, 1e-20)],
            [(5, 1), (3, 1), (5, 2)], [(1, 1)],
        ]
        let read = try Support.all(try CSRReader(source: ByteSource(bytes: Support.csr(rows))))
        #expect(read.count == rows.count)
        for (index, row) in read.enumerated() {
            if case .reject = row { #expect(index < rows.count - 1) } else { #expect(index == rows.count - 1) }
        }
    }

    @Test
    func `the reason of a rejected row names the term`() throws {
        let rows: [[(Int32, Float)]] = [
            [(4, 1), (4, 2)], [(1, 1), (100, 1)], [(-1, 1)], [(1, 1), (2, .nan)], [(3, -1)], [(1, 1), (6, 1e20)],
        ]
        let reasons = try Support.all(try CSRReader(source: ByteSource(bytes: Support.csr(rows)))).map { row in
            guard case .reject(let reject) = row else { return "" }
            return reject.reason
        }
        #expect(
            reasons == [
                "term 4: a term appears twice in the row", "term 100: a term is not below the number of columns",
                "term -1: a term is not below the number of columns", "term 2: a weight is not a finite number",
                "term 3: a weight is negative", "term 6: a weight is smaller than 1e-15 or larger than 1e15",
            ])
    }

    @Test
    func `more rows than a window holds, in order and at random`() throws {
        var rows: [[(Int32, Float)]] = []
        for row in 0..<150_000 {
            rows.append([(Int32(row % 97), Float(row + 1)), (Int32(97 + row % 3), 1)])
        }
        try Support.withFile(Support.csr(rows)) { path in
            let reader = try CSRReader(source: ByteSource(path: path), from: InputPosition(number: 149_000))
            var number = 149_000
            while let row = try reader.next() {
                guard case .document(let document, _) = row, case .vector(let vector) = document.content else {
                    continue
                }
                #expect(document.id == "\(number)" && vector.weights[0] == Float(number + 1))
                number += 1
            }
            #expect(number == 150_000)
            for _ in 0..<200 {
                let index = Int.random(in: 0..<150_000)
                guard case .vector(let vector) = try reader.row(index) else { continue }
                #expect(vector.weights[0] == Float(index + 1))
            }
        }
    }

    @Test
    func `no rows at all, and a place past the last`() throws {
        #expect(try Support.all(try CSRReader(source: ByteSource(bytes: Support.csr([])))).isEmpty)
        let bytes = Support.csr(Self.rows)
        #expect(
            try Support.all(try CSRReader(source: ByteSource(bytes: bytes), from: InputPosition(number: 5))).isEmpty)
        #expect(throws: InterchangeError.self) {
            try CSRReader(source: ByteSource(bytes: bytes), from: InputPosition(number: 6))
        }
        let reader = try CSRReader(source: ByteSource(bytes: bytes))
        #expect(throws: InterchangeError.self) { try reader.row(5) }
    }

    @Test
    func `row pointers must rise from 0 to the number of nonzeros`() throws {
        let good = Support.csr(Self.rows)
        for (index, value) in [(0, 1), (1, 5), (2, 1), (3, 8), (5, 6), (4, -1)] as [(Int, Int64)] {
            var bytes = good
            bytes.replaceSubrange(24 + index * 8..<32 + index * 8, with: Support.little(value))
            #expect(throws: InterchangeError.self, "\(index)") { try CSRReader(source: ByteSource(bytes: bytes)) }
        }
    }
}
