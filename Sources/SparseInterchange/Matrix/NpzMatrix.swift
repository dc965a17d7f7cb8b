/// The arrays of a sparse matrix in NumPy's `.npz`, a zip archive of `.npy` files.
enum NpzMatrix {
    /// Opens the matrix in `source`.
    static func open(_ source: ByteSource) throws(InterchangeError) -> CSRReader.Arrays {
        let name = source.name
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: .max)
            return spool.randomAccess(name: name)
        }
        let archive = try ZipArchive(file)
        guard let pointers = try array("indptr", in: archive, name, NumberArray.Element.integers),
            let terms = try array("indices", in: archive, name, NumberArray.Element.integers),
            let weights = try array("data", in: archive, name, NumberArray.Element.weights)
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is a zip archive without the arrays of a sparse matrix (indptr, indices, data); "
                    + "write it with scipy.sparse.save_npz(file, matrix.tocsr()), or unpack it with unzip")
        }
        try checkFormat(archive, name)
        guard pointers.count >= 1, terms.count == weights.count else {
            throw InterchangeError(
                .invalidInput,
                "the arrays in '\(name)' do not match: \(pointers.count) row pointers, \(terms.count) indices, "
                    + "\(weights.count) weights; save the matrix again")
        }
        return CSRReader.Arrays(
            pointers: pointers, terms: terms, weights: weights,
            columns: try columns(archive, rows: pointers.count - 1, name) ?? 1 << 32)
    }

    private static func array(
        _ member: String, in archive: ZipArchive, _ name: String, _ elements: [NumberArray.Element]
    ) throws(InterchangeError) -> NumberArray? {
        guard let content = try archive.open("\(member).npy", limit: UInt64(Int64.max)) else { return nil }
        return try NpyArray(content, name: "\(member)' in '\(name)", dimensions: 1, elements: elements).numbers
    }

    /// A SciPy matrix names its layout: only row layouts can be read as documents.
    private static func checkFormat(_ archive: ZipArchive, _ name: String) throws(InterchangeError) {
        guard let content = try archive.open("format.npy", limit: 1_024) else { return }
        let bytes = try content.file.bytes(at: content.range.lowerBound, count: content.range.count)
        guard let length = NpyHeader.length(bytes), length <= bytes.count else { return }
        let layout = String(decoding: bytes[length...].filter { (0x61...0x7A).contains($0) }, as: UTF8.self)
        guard layout == "csr" else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' has a matrix in the layout '\(layout)'; write it by rows with "
                    + "scipy.sparse.save_npz(file, matrix.tocsr())")
        }
    }

    /// Returns the number of columns if the archive has it.
    private static func columns(
        _ archive: ZipArchive, rows: UInt64, _ name: String
    ) throws(InterchangeError) -> UInt64? {
        guard var shape = try array("shape", in: archive, name, NumberArray.Element.integers) else { return nil }
        let extents = shape.count == 2 ? try shape.integers(0..<2) : []
        guard extents.count == 2, extents[0] == rows, extents[1] <= 1 << 32 else {
            throw InterchangeError(
                .invalidInput,
                "the shape in '\(name)' does not have \(rows) rows and at most 2^32 columns; save the matrix again")
        }
        return extents[1]
    }
}

/// A zip archive (APPNOTE.TXT 6.3) with stored or deflated members and the 64-bit fields that NumPy writes.
///
/// The directory is bounded (`InterchangeLimits.zipDirectoryBytes`). A deflated member is decompressed to a temporary
/// file without a name, which never exceeds the expected size, whatever the directory declares.
struct ZipArchive {
    /// The directory entry of one member.
    private struct Member {
        var method: UInt16
        var isEncrypted: Bool
        var checksum: UInt32
        var storedBytes: UInt64
        var contentBytes: UInt64
        var headerOffset: UInt64
    }

    /// The content of a member within a random-access file.
    struct Content {
        let file: RandomAccessFile
        let range: Range<UInt64>
    }

    private let file: RandomAccessFile
    private var members: [[UInt8]: Member] = [:]

    /// Reads the directory of the archive in `file`.
    init(_ file: RandomAccessFile) throws(InterchangeError) {
        self.file = file
        let end = try Self.endOfDirectory(file)
        guard end.size <= UInt64(InterchangeLimits.zipDirectoryBytes) else {
            throw InterchangeError(
                .limitExceeded,
                "the directory of the zip archive '\(file.name)' is longer than "
                    + "\(InterchangeLimits.zipDirectoryBytes) bytes; use a file that SciPy wrote")
        }
        guard end.offset <= file.size, end.size <= file.size - end.offset else { throw Self.damaged(file.name) }
        var fields = Fields(try file.bytes(at: end.offset, count: Int(end.size)))
        while fields.remaining >= 46 {
            guard fields.u32(at: 0) == 0x0201_4B50 else { throw Self.damaged(file.name) }
            let (nameBytes, extraBytes) = (Int(fields.u16(at: 28)), Int(fields.u16(at: 30)))
            let length = 46 + nameBytes + extraBytes + Int(fields.u16(at: 32))
            guard length <= fields.remaining else { throw Self.damaged(file.name) }
            var member = Member(
                method: fields.u16(at: 10), isEncrypted: fields.u16(at: 8) & 1 == 1, checksum: fields.u32(at: 16),
                storedBytes: UInt64(fields.u32(at: 20)), contentBytes: UInt64(fields.u32(at: 24)),
                headerOffset: UInt64(fields.u32(at: 42)))
            Self.widen(&member, fields.slice(46 + nameBytes, count: extraBytes))
            members[Array(fields.slice(46, count: nameBytes))] = member
            fields.skip(length)
        }
    }

    /// Whether `source` continues with a zip archive. A CSR file may begin with the same four bytes, but the upper half
    /// of its row count is then zero, where an archive has the version that it needs.
    static func begins(_ source: ByteSource) throws(InterchangeError) -> Bool {
        let head = try source.peek(5)
        return head.count == 5 && head.starts(with: [0x50, 0x4B, 0x03, 0x04]) && head[4] != 0
    }

    /// Returns the content of the member `name`, of at most `limit` bytes; nil if there is none.
    func open(_ name: String, limit: UInt64) throws(InterchangeError) -> Content? {
        guard let member = members[Array(name.utf8)] else { return nil }
        let label = "\(name)' in '\(file.name)"
        guard !member.isEncrypted, member.method == 0 || member.method == 8 else {
            throw InterchangeError(
                .unsupported,
                "'\(label)' is encrypted or compressed with method \(member.method); save the matrix again"
            )
        }
        guard member.contentBytes <= limit else {
            throw InterchangeError(
                .limitExceeded,
                "'\(label)' has \(member.contentBytes) bytes, but the limit is \(limit); use a smaller file")
        }
        let start = try contentOffset(of: member)
        guard start <= file.size, member.storedBytes <= file.size - start else { throw Self.damaged(file.name) }
        if member.method == 0 {
            guard member.storedBytes == member.contentBytes else { throw Self.damaged(file.name) }
            return Content(file: file, range: start..<start + member.contentBytes)
        }
        // Deflate makes at most 1,032 bytes from one byte (zlib's technical notes), so a larger declared size is false.
        guard member.contentBytes / 1_032 <= member.storedBytes else { throw Self.damaged(file.name) }
        return Content(file: try inflated(member, from: start, name: label), range: 0..<member.contentBytes)
    }

    /// Decompresses a member to a temporary file and compares its checksum.
    private func inflated(
        _ member: Member, from start: UInt64, name: String
    ) throws(InterchangeError) -> RandomAccessFile {
        let spool = try SpoolFile(copyOf: "'\(name)'")
        let inflater = try Inflater(.none, name: name)
        var output = [UInt8](repeating: 0, count: RawInput.bufferBytes)
        var (place, made, checksum, isEnd) = (start, UInt64(0), UInt32(0), false)
        let end = start + member.storedBytes
        while place < end, !isEnd {
            var input = try file.bytes(at: place, count: Int(min(end - place, UInt64(RawInput.bufferBytes))))[...]
            place += UInt64(input.count)
            var isFull = true
            while !input.isEmpty || isFull, !isEnd {
                let step = try Self.step(inflater, input, &output)
                input = input.dropFirst(step.used)
                isEnd = step.isEnd
                isFull = step.made == output.count
                made += UInt64(step.made)
                guard made <= member.contentBytes else { throw Self.damaged(file.name) }
                let piece = Array(output[..<step.made])
                checksum = Inflater.checksum(checksum, over: piece)
                try spool.append(piece)
                guard step.used > 0 || step.made > 0 else { break }
            }
        }
        guard isEnd, made == member.contentBytes, checksum == member.checksum else { throw Self.damaged(file.name) }
        return spool.randomAccess(name: name)
    }

    private static func step(
        _ inflater: Inflater, _ input: ArraySlice<UInt8>, _ output: inout [UInt8]
    ) throws(InterchangeError) -> Inflater.Step {
        let result = output.withUnsafeMutableBytes { target in
            input.withUnsafeBytes { source -> Result<Inflater.Step, InterchangeError> in
                do throws(InterchangeError) {
                    return .success(try inflater.step(from: source, into: target))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get()
    }

    /// Returns the start of a member's content, after its local header, whose variable fields have their own lengths.
    private func contentOffset(of member: Member) throws(InterchangeError) -> UInt64 {
        guard member.headerOffset <= file.size, file.size - member.headerOffset >= 30 else {
            throw Self.damaged(file.name)
        }
        let header = Fields(try file.bytes(at: member.headerOffset, count: 30))
        guard header.u32(at: 0) == 0x0403_4B50 else { throw Self.damaged(file.name) }
        return member.headerOffset + 30 + UInt64(header.u16(at: 26)) + UInt64(header.u16(at: 28))
    }

    /// Finds the directory, from the record at the end of the archive, which a comment may follow.
    private static func endOfDirectory(_ file: RandomAccessFile) throws(InterchangeError) -> (
        offset: UInt64, size: UInt64
    ) {
        let tail = min(file.size, 22 + 65_535)
        let fields = Fields(try file.bytes(at: file.size - tail, count: Int(tail)))
        guard tail >= 22,
            let end = (0...Int(tail) - 22).reversed().first(where: { fields.u32(at: $0) == 0x0605_4B50 })
        else { throw damaged(file.name) }
        let place = (offset: UInt64(fields.u32(at: end + 16)), size: UInt64(fields.u32(at: end + 12)))
        guard place.offset == UInt32.max || place.size == UInt32.max else { return place }
        guard end >= 20, fields.u32(at: end - 20) == 0x0706_4B50 else { return place }
        let record = fields.u64(at: end - 12)
        guard record <= file.size, file.size - record >= 56 else { throw damaged(file.name) }
        let wide = Fields(try file.bytes(at: record, count: 56))
        guard wide.u32(at: 0) == 0x0606_4B50 else { throw damaged(file.name) }
        return (wide.u64(at: 48), wide.u64(at: 40))
    }

    /// Reads the 64-bit fields from a member's extra fields if the 32-bit ones are full.
    private static func widen(_ member: inout Member, _ extra: ArraySlice<UInt8>) {
        var fields = Fields(Array(extra))
        while fields.remaining >= 4 {
            let (tag, length) = (fields.u16(at: 0), Int(fields.u16(at: 2)))
            guard length <= fields.remaining - 4 else { return }
            if tag == 1 {
                var place = 4
                for path in [\Member.contentBytes, \Member.storedBytes, \Member.headerOffset]
                where member[keyPath: path] == UInt32.max && place + 8 <= 4 + length {
                    member[keyPath: path] = fields.u64(at: place)
                    place += 8
                }
            }
            fields.skip(4 + length)
        }
    }

    private static func damaged(_ name: String) -> InterchangeError {
        InterchangeError(
            .invalidInput, "the zip archive '\(name)' is damaged or truncated; download or create it again")
    }

    /// Reads little-endian numbers in a part of an archive. Reading past the end yields zeros, which no check accepts.
    private struct Fields {
        private let bytes: [UInt8]
        private var start = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var remaining: Int { bytes.count - start }

        mutating func skip(_ count: Int) { start += count }

        func slice(_ offset: Int, count: Int) -> ArraySlice<UInt8> {
            bytes[min(start + offset, bytes.count)..<min(start + offset + count, bytes.count)]
        }

        func u16(at offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(offset, bytes: 2)) }
        func u32(at offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(offset, bytes: 4)) }
        func u64(at offset: Int) -> UInt64 { number(offset, bytes: 8) }

        private func number(_ offset: Int, bytes count: Int) -> UInt64 {
            slice(offset, count: count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
