import SparseInterchange
import SparseStore
import Testing

@Suite("Damaged input is a reject or an error, never a trap")
struct DamagedInputTests {
    static let line =
        #"{"id": "d1", "x": [1, {"y": null}], "content": "a \"text\" \ud83d\ude00 \#u{E9}", "vector": {"a": 1.5, "bc": 2e-1}, "tags": ["t"]}"#

    @Test
    func `a line cut at every length is rejected`() throws {
        let bytes = Array(Self.line.utf8)
        for count in 1..<bytes.count {
            let rows = try Support.rows(Array(bytes[..<count]))
            guard case .reject? = rows.first, rows.count == 1 else {
                Issue.record("accepted at \(count)")
                continue
            }
        }
    }

    @Test
    func `a line with any byte changed is a document or a reject`() throws {
        let bytes = Array(Self.line.utf8)
        for index in bytes.indices {
            for value in [0, 0x0A, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x2C, 0x3A, 0x2D, 0x65, 0x80, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[index] = value
                #expect(try Support.rows(damaged).count <= 2)
            }
        }
    }

    @Test
    func `random bytes and random pieces of JSON`() throws {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "\"id\"", "\"vector\"", "1", "-", "e", ".", "null", "\\u", "\n", " ",
            "\u{E9}",
        ]
        for _ in 0..<2_000 {
            let text = (0..<Int.random(in: 0...40)).map { _ in pieces.randomElement() ?? "" }.joined()
            _ = try Support.rows(text)
            let bytes = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) }
            if let source = try? ByteSource(bytes: bytes) { _ = try? Support.all(JSONLinesReader(source: source)) }
            if let source = try? ByteSource(bytes: bytes) { _ = try? GroundTruth(source: source) }
            if let source = try? ByteSource(bytes: bytes) { _ = try? Qrels(source: source) }
            if let source = try? ByteSource(bytes: bytes) { _ = try? QueryFile(source: source) }
        }
    }

    @Test
    func `a CSR file cut at every length, or with more behind it, is refused`() throws {
        let bytes = Support.csr([[(1, 1), (5, 2)], [], [(0, 3)]])
        for count in 0..<bytes.count {
            #expect(throws: InterchangeError.self, "\(count)") {
                try CSRReader(source: ByteSource(bytes: Array(bytes[..<count])))
            }
        }
        #expect(throws: InterchangeError.self) { try CSRReader(source: ByteSource(bytes: bytes + [0])) }
        try Support.withFile(bytes + [0]) { path in
            #expect(throws: InterchangeError.self) { try CSRReader(source: ByteSource(path: path)) }
        }
    }

    @Test
    func `a CSR file with any bit of its header or pointers changed is refused or read within its bounds`() throws {
        let bytes = Support.csr([[(1, 1), (5, 2)], [], [(0, 3)]])
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                guard let reader = try? CSRReader(source: ByteSource(bytes: damaged)) else { continue }
                #expect(try Support.all(reader).count == 3)
            }
        }
    }

    @Test(
        arguments: [
            (Int64.max, 10, 3), (3, 10, Int64.max), (Int64.max / 8, 10, Int64.max / 8), (-1, 10, 3), (3, -1, 3),
            (3, 10, -1),
            (1 << 40, 10, 3), (3, 1 << 33, 3), (3, 10, 1 << 40),
        ] as [(Int64, Int64, Int64)])
    func `lying counts in headers are refused before anything is allocated`(
        rows: Int64, columns: Int64, nonzeros: Int64
    ) throws {
        let header = Support.little(rows) + Support.little(columns) + Support.little(nonzeros)
        let bytes = header + Support.csr([[(1, 1), (5, 2)], [], [(0, 3)]])[24...]
        #expect(throws: InterchangeError.self) { try CSRReader(source: ByteSource(bytes: bytes)) }
        try Support.withFile(bytes) { path in
            #expect(throws: InterchangeError.self) { try CSRReader(source: ByteSource(path: path)) }
        }
    }
}
