/// A NumPy array file (`.npy`, also compressed with zstd), read row by row, 1 MiB at a time.
///
/// Like CSR, input that cannot be read at any place is first copied to a temporary file without a name.
final class NpyArray {
    /// What the file holds in each element.
    enum Element: String {
        case half = "<f2"
        case single = "<f4"
        case int32 = "<i4"
        case uint32 = "<u4"
        case int64 = "<i8"
        case uint64 = "<u8"

        var bytes: Int {
            switch self {
            case .half: 2
            case .single, .int32, .uint32: 4
            case .int64, .uint64: 8
            }
        }
    }

    let name: String
    let element: Element
    let rows: UInt64
    /// Elements of a row; 1 for an array of one dimension.
    let columns: UInt64
    private var window: ArrayWindow

    /// Opens the array at `path`.
    ///
    /// - Parameters:
    ///   - dimensions: that the array must have, 1 or 2.
    ///   - elements: that it may have.
    init(path: String, dimensions: Int, elements: [Element]) throws(InterchangeError) {
        let source = try ByteSource(path: path)
        let name = source.name
        guard let length = NpyHeader.length(try source.peek(NpyHeader.prefixBytes)), length <= NpyHeader.longest else {
            throw InterchangeError(
                .invalidInput, "'\(name)' is not a NumPy array file; write it with numpy.save(file, array)")
        }
        let head = try source.peek(length)
        guard head.count == length else { throw Self.wrongSize(name) }
        let header = try NpyHeader(head, name: name)
        guard let element = Element(rawValue: header.type), elements.contains(element),
            header.shape.count == dimensions
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is an array of \(header.shape.count) dimensions of type '\(header.type.prefix(16))'; give "
                    + "\(dimensions) of type \(elements.map { "'\($0.rawValue)'" }.joined(separator: ", "))")
        }
        guard let size = header.fileSize(elementBytes: element.bytes) else { throw Self.wrongSize(name) }
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: size)
            guard try source.peek(1).isEmpty else { throw Self.wrongSize(name) }
            return spool.randomAccess(name: name)
        }
        guard file.size == size else { throw Self.wrongSize(name) }
        self.name = name
        self.element = element
        rows = header.shape[0]
        columns = dimensions == 1 ? 1 : header.shape[1]
        guard columns <= 1 << 24 else { throw Self.wrongSize(name) }
        window = ArrayWindow(
            file: file, offset: header.dataOffset, elementBytes: element.bytes * max(1, Int(columns)),
            count: columns == 0 ? 0 : rows)
    }

    /// Shows the bytes of the rows of `range`, which must lie within the array, to `body`.
    func read<Value>(
        _ range: Range<UInt64>, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(InterchangeError) -> Value {
        try window.read(range, body)
    }

    private static func wrongSize(_ name: String) -> InterchangeError {
        InterchangeError(.invalidInput, "'\(name)' does not have the size that its header promises; get it again")
    }
}
