import Foundation

@testable import SparseInterchange

extension FuzzTarget {
    /// A matrix in NumPy's zip archive, as the file is. Rows by number are the rows in their order.
    static let npz = FuzzTarget(
        name: "npz",
        seeds: {
            try ["scipyCompressed", "scipyStored", "scipyColumns", "numpyNarrow", "numpyWide"].map { name in
                Array(try Data(contentsOf: matrices.appendingPathComponent("\(name).npz")))
            } + [Archive.bomb().bytes]
        },
        run: { bytes in try readMatrix(Array(bytes)) })

    /// The members of such an archive, which is built around them with correct checksums, so that the content of
    /// compressed members is reached as well. The archive may lie about sizes, and members may be bombs (``Archive``).
    static let npzMembers = FuzzTarget(
        name: "npz-members",
        seeds: {
            let pointers = npy("<i4", "(4,)", [0, 2, 2, 3].flatMap { little(Int32($0)) })
            let terms = npy("<i4", "(3,)", [1, 3, 0].flatMap { little(Int32($0)) })
            let weights = npy("<f4", "(3,)", [0.5, 2, 1.25].flatMap { little(Float($0).bitPattern) })
            let shape = npy("<i8", "(2,)", [3, 4].flatMap { little(Int64($0)) })
            let format = npy("|S3", "()", Array("csr".utf8))
            // Four times 258 zero bytes and one more are row pointers, after three that are zero as well.
            let zeros = npy("<i4", "(259,)", [0, 0, 0])
            let none = (npy("<i4", "(0,)", []), npy("<f4", "(0,)", []))
            return [UInt8(0), 1].map { method in
                Archive.encoded([pointers, terms, weights, shape, format].map { (method, 0, 0, $0) })
            } + [
                Archive.encoded([(1, 4, 0, zeros), (1, 0, 0, none.0), (1, 0, 0, none.1)]),
                Archive.encoded([(1, 4, 0x41, zeros), (0, 0, 0, none.0), (0, 0, 0, none.1)]),
            ]
        },
        run: { bytes in try readMatrix(Archive(bytes).bytes) })

    static func readMatrix(_ bytes: [UInt8]) throws {
        try reading {
            let reader = try CSRReader(source: ByteSource(bytes: bytes))
            let all = try places(reader).map(\.row)
            try Finding.unless(all.count == reader.rows, "\(all.count) rows of \(reader.rows)")
            try requireStorable(all)
            for index in all.indices.prefix(8) {
                guard case .vector(let vector) = try reader.row(index) else { continue }
                guard case .document(let document, _) = all[index], document.content == .vector(vector) else {
                    throw Finding("row \(index) differs")
                }
            }
        }
    }

    private static let matrices = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../Tests/Fixtures/matrices")
}

/// A zip archive that an input describes. Each member of a matrix has four bytes, then its content:
///
/// - two bytes, little-endian: the length of the content in the input,
/// - one byte: how often 258 zero bytes follow the content, and one more if any do,
/// - one byte: bit 0 compresses, bit 1 leaves the member out, bit 2 changes the checksum; bits 6 and 7 select a size
///   that the directory declares wrongly by the value of bits 3 to 5.
private struct Archive {
    private struct Member {
        var name: String
        var content: [UInt8]
        var zeros: Int
        var options: UInt8

        var isCompressed: Bool { options & 1 == 1 }
        /// The content with the zeros.
        var whole: [UInt8] { content + [UInt8](repeating: 0, count: zeros == 0 ? 0 : 1 + 258 * zeros) }
        /// The error in a declared size.
        var lie: UInt32 {
            [1, 8, 1 << 10, 1 << 16, 1 << 20, 1 << 30, .max, 1 << 31][Int(options >> 3 & 7)]
        }
    }

    private static let names = ["indptr.npy", "indices.npy", "data.npy", "shape.npy", "format.npy"]

    private var members: [Member] = []

    init(_ input: UnsafeRawBufferPointer) {
        var rest = input[...]
        for name in Self.names {
            guard rest.count >= 4 else { return }
            let head = Array(rest.prefix(4))
            rest = rest.dropFirst(4)
            let content = rest.prefix(Int(head[0]) | Int(head[1]) << 8)
            rest = rest.dropFirst(content.count)
            guard head[3] & 2 == 0 else { continue }
            members.append(Member(name: name, content: Array(content), zeros: Int(head[2]), options: head[3]))
        }
    }

    /// An input that describes an archive.
    static func encoded(_ members: [(options: UInt8, zeros: UInt8, lie: UInt8, content: [UInt8])]) -> [UInt8] {
        members.flatMap { member in
            FuzzTarget.little(UInt16(member.content.count)) + [member.zeros, member.options | member.lie]
                + member.content
        }
    }

    /// A matrix of many empty rows in few bytes.
    static func bomb() -> Archive {
        let zeros = 252
        let pointers = FuzzTarget.npy("<i4", "(\((3 + 1 + 258 * zeros) / 4),)", [0, 0, 0])
        let input = encoded([
            (1, UInt8(zeros), 0, pointers), (1, 0, 0, FuzzTarget.npy("<i4", "(0,)", [])),
            (1, 0, 0, FuzzTarget.npy("<f4", "(0,)", [])),
        ])
        return input.withUnsafeBytes { Archive($0) }
    }

    /// The bytes of the archive (APPNOTE.TXT 6.3).
    var bytes: [UInt8] {
        var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
        for member in members {
            let content = member.whole
            let stored = member.isCompressed ? Self.deflated(member.content, zeros: member.zeros) : content
            var (declaredStored, declaredContent) = (UInt32(stored.count), UInt32(content.count))
            if member.options & 0x40 != 0 { declaredContent &+= member.lie }
            if member.options & 0x80 != 0 { declaredStored &+= member.lie }
            var checksum = Inflater.checksum(0, over: content)
            if member.options & 4 != 0 { checksum ^= 1 }
            let common =
                [20, 0, member.isCompressed ? 8 : 0, 0, 0].flatMap { FuzzTarget.little(UInt16($0)) }
                + [checksum, declaredStored, declaredContent].flatMap { FuzzTarget.little($0) }
                + FuzzTarget.little(UInt16(member.name.utf8.count)) + [0, 0]
            directory += [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
            directory += FuzzTarget.little(UInt32(bytes.count)) + Array(member.name.utf8)
            bytes += [0x50, 0x4B, 3, 4] + common + Array(member.name.utf8) + stored
        }
        let counts = [0, 0, members.count, members.count].flatMap { FuzzTarget.little(UInt16($0)) }
        return bytes + directory + [0x50, 0x4B, 5, 6] + counts + FuzzTarget.little(UInt32(directory.count))
            + FuzzTarget.little(UInt32(bytes.count)) + [0, 0]
    }

    /// Compresses bytes and the zeros after them (RFC 1951): a stored block, then one with the fixed codes, in which
    /// "repeat the last byte 258 times" takes 13 bits.
    private static func deflated(_ content: [UInt8], zeros: Int) -> [UInt8] {
        let length = UInt16(content.count)
        let stored = [zeros == 0 ? 1 : 0] + FuzzTarget.little(length) + FuzzTarget.little(~length) + content
        guard zeros > 0 else { return stored }
        var (bytes, filled) = ([UInt8](), 8)
        func append(_ code: Int, bits: Int) {
            for bit in (0..<bits).reversed() {
                if filled == 8 { (bytes, filled) = (bytes + [0], 0) }
                bytes[bytes.count - 1] |= UInt8(code >> bit & 1) << UInt8(filled)
                filled += 1
            }
        }
        // The last block, with the fixed codes. These two numbers begin with their lowest bits.
        append(0b1, bits: 1)
        append(0b10, bits: 2)
        append(0b0011_0000, bits: 8)
        for _ in 0..<zeros {
            append(0b1100_0101, bits: 8)
            append(0, bits: 5)
        }
        append(0, bits: 7)
        return stored + bytes
    }
}
