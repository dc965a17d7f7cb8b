import Foundation
import SparseStore
import TestSupport
import Testing

@testable import SparseInterchange

/// Sparse matrices in NumPy's archives, of honest files and of lying ones.
@Suite struct NpzTests {
    /// The rows {1: 0.5, 3: 2}, {}, {0: 1.25}, written by SciPy 1.17.1 and NumPy 2.4.6:
    /// `save_npz(file, matrix, compressed: ...)`, and `savez(file, data, indices, indptr)` with other types.
    private enum Written: String, CaseIterable {
        case scipyCompressed, scipyStored, numpyNarrow, numpyWide

        var bytes: [UInt8] { get throws { try NpzTests.fixture("\(rawValue).npz") } }
    }

    /// Made by Tests/Fixtures/make-matrices.py.
    private static func fixture(_ name: String) throws -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: tests.appendingPathComponent("Fixtures/matrices/\(name)")))
    }

    private func rows(_ bytes: [UInt8]) throws -> [CSRRow] {
        let reader = try CSRReader(source: ByteSource(bytes: bytes))
        return try (0..<reader.rows).map { try reader.row($0) }
    }

    private func code(_ bytes: [UInt8]) -> InterchangeError.Code? {
        do {
            _ = try rows(bytes)
            return nil
        } catch {
            return (error as? InterchangeError)?.code
        }
    }

    private func expected() throws -> [CSRRow] {
        [
            .vector(try SparseVector(terms: [1, 3], weights: [0.5, 2])), .empty,
            .vector(try SparseVector(terms: [0], weights: [1.25])),
        ]
    }

    @Test(arguments: Written.allCases) private func `matrices are read as they were written`(_ written: Written) throws
    {
        #expect(try rows(written.bytes) == expected())
    }

    @Test(arguments: Written.allCases) private func `a file and a stream give the same`(_ written: Written) throws {
        let bytes = try written.bytes
        try Support.withFile(bytes) { path in
            let reader = try CSRReader(source: ByteSource(path: path), from: InputPosition(number: 2))
            #expect(reader.format == .npz)
            #expect(try Support.all(reader).count == 1)
        }
    }

    @Test func `a matrix by columns names its remedy`() throws {
        let error = #expect(throws: InterchangeError.self) { try rows(Self.fixture("scipyColumns.npz")) }
        #expect(error?.message.contains("tocsr") == true)
    }

    @Test func `an archive without a matrix is refused`() throws {
        #expect(code(Self.archive([("a.txt", Array("text".utf8))])) == .unsupported)
    }

    @Test func `every cut archive is an error`() throws {
        let bytes = try Written.scipyCompressed.bytes
        for count in stride(from: 5, to: bytes.count, by: 7) {
            #expect(code(Array(bytes[..<count])) != nil, "\(count)")
        }
    }

    @Test(arguments: Written.allCases) private func `a flipped bit never gives other rows`(_ written: Written) throws {
        let (bytes, expected) = (try written.bytes, try expected())
        for place in stride(from: 5, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            // Stored members carry no checksum of ours: their content may be another matrix, and never a trap.
            guard let rows = try? rows(damaged), written == .scipyCompressed else { continue }
            #expect(rows == expected, "byte \(place)")
        }
    }

    @Test func `a member that promises more than it holds is refused before it is written`() throws {
        var bytes = try Written.scipyCompressed.bytes
        let directory = try #require(
            bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 1, 2]) })
        bytes.replaceSubrange(directory + 24..<directory + 28, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(code(bytes) == .invalidInput)
    }

    @Test func `rows take ids and payloads from files line by line`() throws {
        let rows = try joined(ids: "a\nb\r\nc\n", payloads: "first\n\nthird")
        #expect(rows.map(\.id) == ["a", "c"])
        #expect(rows.map(\.payload) == [Array("first".utf8), Array("third".utf8)])
    }

    @Test(arguments: ["a\nb\n", "a\nb\nc\nd\n"]) func `ids of another number than the rows are refused`(_ ids: String) {
        #expect(throws: InterchangeError.self) { try joined(ids: ids, payloads: nil) }
    }

    @Test func `queries take the ids beside them`() throws {
        let folder = TemporaryFolder()
        _ = try folder.write("query-embeddings.npz", Data(Written.scipyStored.bytes))
        _ = try folder.write("query-ids.txt", "x\ny\nz\n")
        #expect(try QueryFile(path: folder.path).queries.map(\.id) == ["x", "y", "z"])
    }

    @Test func `gzip is read like plain text, in one member or in several`() throws {
        let lines = Array("{\"id\": \"a\", \"vector\": {\"x\": 1}}\n".utf8)
        let member = try Self.fixture("line.jsonl.gz")
        let rows = try Support.all(JSONLinesReader(source: ByteSource(bytes: member + member)))
        #expect(rows.count == 2)
        #expect(try ByteSource(bytes: member).readAll() == lines)
        #expect(throws: InterchangeError.self) { try ByteSource(bytes: Array(member.dropLast(9))).readAll() }
    }

    @Test(
        arguments: [
            ("iconv", [0xFF, 0xFE, 0x7B, 0, 0x22, 0, 0x69, 0]), ("bzip2", Array("BZh91AY&SY".utf8)),
            ("save_npz", [0x93] + Array("NUMPY\u{1}\u{0}v\u{0}".utf8)),
        ] as [(String, [UInt8])])
    func `files of other kinds are named with their way out`(_ remedy: String, _ bytes: [UInt8]) {
        let error = #expect(throws: InterchangeError.self) { try InputFormat.detect(ByteSource(bytes: bytes)) }
        #expect(error?.message.contains(remedy) == true)
    }

    private func joined(ids: String?, payloads: String?) throws -> [Document] {
        let matrix = try CSRReader(source: ByteSource(bytes: Written.scipyStored.bytes))
        func file(_ text: String?, _ body: (String?) throws -> [Document]) throws -> [Document] {
            guard let text else { return try body(nil) }
            return try Support.withFile(Array(text.utf8)) { try body($0) }
        }
        return try file(ids) { ids in
            try file(payloads) { payloads in
                try Support.all(try JoinedReader(matrix, ids: ids, payloads: payloads)).compactMap {
                    guard case .document(let document, _) = $0 else { return nil }
                    return document
                }
            }
        }
    }

    /// An archive of stored members, with checksums of zero, which nobody asks for.
    private static func archive(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
        var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, content) in members {
            let fields = [20, 0, 0, 0, 0].flatMap { Support.little(UInt16($0)) } + Support.little(UInt32(0))
            let sizes = Support.little(UInt32(content.count)) + Support.little(UInt32(content.count))
            let lengths = Support.little(UInt16(name.utf8.count)) + Support.little(UInt16(0))
            directory += [0x50, 0x4B, 1, 2, 20, 0] + fields + sizes + lengths + [UInt8](repeating: 0, count: 10)
            directory += Support.little(UInt32(bytes.count)) + Array(name.utf8)
            bytes += [0x50, 0x4B, 3, 4] + fields + sizes + lengths + Array(name.utf8) + content
        }
        let end = Support.little(UInt32(directory.count)) + Support.little(UInt32(bytes.count)) + [0, 0]
        let counts = [0, 0, members.count, members.count].flatMap { Support.little(UInt16($0)) }
        return bytes + directory + [0x50, 0x4B, 5, 6] + counts + end
    }
}
