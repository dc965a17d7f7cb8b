/// A NumPy array file (`.npy`, optionally compressed with zstd), read row by row, 1 MiB at a time.
///
/// As with CSR, input without random access is first copied to a temporary file without a name.
final class NpyArray {
    let name: String
    let rows: UInt64
    /// The number of elements of a row; 1 for a one-dimensional array.
    let columns: UInt64
    /// The elements, row by row.
    private(set) var numbers: NumberArray

    /// Opens the array at `path`.
    ///
    /// - Parameters:
    /// - dimensions: The required number of dimensions, 1 or 2.
    /// - elements: The accepted element types.
    convenience init(path: String, dimensions: Int, elements: [NumberArray.Element]) throws(InterchangeError) {
        let source = try ByteSource(path: path)
        let name = source.name
        let length = try Self.headerLength(try source.peek(NpyHeader.prefixBytes), name: name)
        let head = try source.peek(length)
        guard head.count == length else { throw Self.wrongSize(name) }
        let header = try NpyHeader(head, name: name)
        let element = try Self.element(of: header, dimensions: dimensions, elements: elements, name: name)
        guard let size = header.fileSize(elementBytes: element.bytes) else { throw Self.wrongSize(name) }
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: size)
            guard try source.peek(1).isEmpty else { throw Self.wrongSize(name) }
            return spool.randomAccess(name: name)
        }
        try self.init(name: name, header: header, element: element, file: file, range: 0..<file.size)
    }

    /// Opens the array `name` in `content`, such as a member of an archive.
    convenience init(
        _ content: ZipArchive.Content, name: String, dimensions: Int, elements: [NumberArray.Element]
    ) throws(InterchangeError) {
        let (file, range) = (content.file, content.range)
        let prefix = try file.bytes(
            at: range.lowerBound, count: Int(min(UInt64(NpyHeader.prefixBytes), UInt64(range.count))))
        let length = try Self.headerLength(prefix, name: name)
        guard length <= range.count else { throw Self.wrongSize(name) }
        let header = try NpyHeader(try file.bytes(at: range.lowerBound, count: length), name: name)
        let element = try Self.element(of: header, dimensions: dimensions, elements: elements, name: name)
        try self.init(name: name, header: header, element: element, file: file, range: range)
    }

    private init(
        name: String, header: NpyHeader, element: NumberArray.Element, file: RandomAccessFile, range: Range<UInt64>
    ) throws(InterchangeError) {
        guard header.fileSize(elementBytes: element.bytes) == UInt64(range.count) else { throw Self.wrongSize(name) }
        self.name = name
        rows = header.shape[0]
        columns = header.shape.count == 1 ? 1 : header.shape[1]
        guard columns <= 1 << 24 else { throw Self.wrongSize(name) }
        numbers = NumberArray(
            file: file, offset: range.lowerBound + header.dataOffset, element: element, count: rows * columns)
    }

    private static func headerLength(_ prefix: [UInt8], name: String) throws(InterchangeError) -> Int {
        guard let length = NpyHeader.length(prefix), length <= NpyHeader.longest else {
            throw InterchangeError(
                .invalidInput, "'\(name)' is not a NumPy array file; write it with numpy.save(file, array)")
        }
        return length
    }

    private static func element(
        of header: NpyHeader, dimensions: Int, elements: [NumberArray.Element], name: String
    ) throws(InterchangeError) -> NumberArray.Element {
        guard let element = NumberArray.Element(rawValue: header.type), elements.contains(element),
            header.shape.count == dimensions
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is an array of \(header.shape.count) dimensions of type '\(header.type.prefix(16))'; use "
                    + "\(dimensions) of type \(elements.map { "'\($0.rawValue)'" }.joined(separator: ", "))")
        }
        return element
    }

    /// Returns the integers of the rows of `range`, which must be within the array. Negative ones become larger than
    /// `Int64.max`.
    func integers(_ range: Range<UInt64>) throws(InterchangeError) -> [UInt64] {
        try numbers.integers(range.lowerBound * columns..<range.upperBound * columns)
    }

    /// Returns the numbers of the rows of `range`, which must be within the array, as 32-bit floats, row by row.
    func floats(_ range: Range<UInt64>) throws(InterchangeError) -> [Float] {
        try numbers.floats(range.lowerBound * columns..<range.upperBound * columns)
    }

    private static func wrongSize(_ name: String) -> InterchangeError {
        InterchangeError(.invalidInput, "the size of '\(name)' does not match its header; download or create it again")
    }
}
