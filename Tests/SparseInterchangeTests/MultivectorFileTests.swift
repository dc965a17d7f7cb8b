import Foundation
import SparseStore
import Testing

@testable import SparseInterchange

/// Token vectors out of NumPy arrays, of honest files and of lying ones.
@Suite struct MultivectorFileTests {
    /// An array file as numpy.save writes it.
    static func npy(_ type: String, _ shape: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        return npy(header: text, data, version: version)
    }

    static func npy(header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let prefix = version == 1 ? 10 : 12
        let padding = (64 - (prefix + header.utf8.count + 1) % 64) % 64
        let text = Array((header + String(repeating: " ", count: padding) + "\n").utf8)
        var bytes = [0x93] + Array("NUMPY".utf8) + [version, 0]
        for index in 0..<(version == 1 ? 2 : 4) { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * index))) }
        return bytes + text + data
    }

    static func bytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    }

    static func floats(_ values: [Float]) -> [UInt8] { bytes(values.map(\.bitPattern)) }

    private func open(_ tokens: [UInt8], _ offsets: [UInt8]?) throws -> MultivectorFile {
        // An open file outlives its name.
        try Support.withFile(tokens) { tokens in
            guard let offsets else { return try MultivectorFile(tokens: tokens, offsets: nil) }
            return try Support.withFile(offsets) { try MultivectorFile(tokens: tokens, offsets: $0) }
        }
    }

    private func code(_ tokens: [UInt8], _ offsets: [UInt8]?) -> InterchangeError.Code? {
        do {
            _ = try open(tokens, offsets)
            return nil
        } catch {
            return (error as? InterchangeError)?.code
        }
    }

    private let two = npy("<f4", "(2, 3)", floats([1, 2, 3, 4, 5, 6]))

    @Test func `arrays of every type are read`() throws {
        let expected = try Multivector([[4, 5, 6]])
        let offsets: [(String, [UInt8])] = [
            ("<i8", Self.bytes([0, 1, 1, 2] as [Int64])), ("<u8", Self.bytes([0, 1, 1, 2] as [UInt64])),
            ("<i4", Self.bytes([0, 1, 1, 2] as [Int32])), ("<u4", Self.bytes([0, 1, 1, 2] as [UInt32])),
        ]
        let halves = Self.npy(
            "<f2", "(2, 3)", Self.bytes([0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600] as [UInt16]))
        for (type, data) in offsets {
            for tokens in [two, halves, Self.npy("<f4", "(2, 3)", Self.floats([1, 2, 3, 4, 5, 6]), version: 2)] {
                let file = try open(tokens, Self.npy(type, "(4,)", data))
                #expect(file.count == 3)
                #expect(file.dimension == 3)
                #expect(try file.entry(2) == .multivector(expected), "\(type)")
                #expect(try file.entry(1) == .empty)
                #expect(throws: InterchangeError.self) { try file.entry(3) }
            }
        }
        #expect(try open(two, nil).entry(0) == .multivector(Multivector([[1, 2, 3], [4, 5, 6]])))
    }

    @Test func `what no store takes is a reject of one entry`() throws {
        let offsets = Self.npy("<i8", "(3,)", Self.bytes([0, 1, 2] as [Int64]))
        let bad = try open(Self.npy("<f4", "(2, 1)", Self.floats([.nan, 7])), offsets)
        guard case .reject(let reason) = try bad.entry(0) else { throw Missing() }
        #expect(reason.contains("nan"))
        #expect(try bad.entry(1) == .multivector(Multivector([[7]])))
        let infinite = try open(Self.npy("<f2", "(2, 1)", Self.bytes([0x7C00, 0xFC01] as [UInt16])), offsets)
        for index in 0..<2 {
            guard case .reject = try infinite.entry(index) else { throw Missing() }
        }
        let count = Limits.maximumTokensPerMultivector + 1
        let long = try open(Self.npy("<f2", "(\(count), 1)", [UInt8](repeating: 0, count: 2 * count)), nil)
        guard case .reject = try long.entry(0) else { throw Missing() }
    }

    private struct Missing: Error {}

    @Test func `lying headers are errors`() throws {
        let data = Self.floats([1, 2, 3, 4, 5, 6])
        for shape in ["(2, 4)", "(3, 3)", "(1, 3)", "(9223372036854775807, 9223372036854775807)", "(0, 99999999999)"] {
            #expect(code(Self.npy("<f4", shape, data), nil) == .invalidInput, "\(shape)")
        }
        for shape in ["(6,)", "()", "(1, 2, 3)"] {
            #expect(code(Self.npy("<f4", shape, data), nil) == .unsupported, "\(shape)")
        }
        #expect(code(Self.npy("<f4", "(6, 0)", []), nil) == .limitExceeded)
        #expect(code(Self.npy("<f4", "(1, 1025)", [UInt8](repeating: 0, count: 4_100)), nil) == .limitExceeded)
        #expect(code(Self.npy("<f4", "(0, 3)", []), nil) == nil)
        for type in [">f4", "<f8", "|O", "<c8", "<i4"] {
            #expect(code(Self.npy(type, "(2, 3)", data), nil) == .unsupported, "\(type)")
        }
        let headers = [
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", "{", "", "{'shape': (2, 3",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
        ]
        for header in headers { #expect(code(Self.npy(header: header, data), nil) == .unsupported, "\(header)") }
        for count in 0..<two.count where count != 0 {
            #expect(code(Array(two[..<count]), nil) != nil, "\(count) bytes")
        }
        #expect(code([], nil) == .invalidInput)
        #expect(code(two + [0], nil) == .invalidInput)
        var long = two
        long.replaceSubrange(6..<12, with: [3, 0, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(code(long, nil) == .invalidInput)
    }

    @Test func `offsets that do not fit are errors`() throws {
        let cases: [[Int64]] = [[], [0], [0, 1], [1, 2], [0, 3], [0, 2, 1], [-1, 2], [0, -1, 2]]
        for offsets in cases {
            #expect(
                code(two, Self.npy("<i8", "(\(offsets.count),)", Self.bytes(offsets))) == .invalidInput, "\(offsets)")
        }
        #expect(code(two, Self.npy("<f4", "(2,)", Self.floats([0, 2]))) == .unsupported)
    }

    @Test func `documents get the token vectors of their line`() throws {
        let lines = """
            {"id": "a", "vector": {"t": 1}}
            broken
            {"id": "c", "vector": {"t": 1}}
            {"id": "d", "vector": {"t": 1}, "multivector": [[1, 2, 3]]}

            """
        let offsets = Self.npy("<i8", "(5,)", Self.bytes([0, 1, 1, 2, 2] as [Int64]))
        func read(_ text: String) throws -> [DocumentRow] {
            let documents = try JSONLinesReader(source: ByteSource(bytes: Array(text.utf8)))
            let reader = JoinedReader(documents, try open(two, offsets))
            var rows: [DocumentRow] = []
            while let row = try reader.next() { rows.append(row) }
            return rows
        }
        let rows = try read(lines)
        #expect(rows.count == 4)
        guard case .document(let first, number: 1) = rows[0], case .document(let third, number: 3) = rows[2],
            case .reject(let last) = rows[3]
        else { throw Missing() }
        #expect(try first.multivector == Multivector([[1, 2, 3]]))
        #expect(try third.multivector == Multivector([[4, 5, 6]]))
        #expect(last.number == 4)
        // Too few lines, and too many.
        #expect(throws: InterchangeError.self) { try read(String(lines.prefix(40))) }
        #expect(throws: InterchangeError.self) { try read(lines + #"{"id": "e", "vector": {"t": 1}}"#) }
    }
}
