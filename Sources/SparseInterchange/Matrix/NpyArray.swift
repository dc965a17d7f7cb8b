internal import SparseStore

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
    ///   - dimensions: The required number of dimensions, 1 or 2.
    ///   - elements: The accepted element types.
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
                "'\(name)' is a \(header.shape.count)-dimensional array of type '\(header.type.prefix(16))'; write a "
                    + "\(dimensions)-dimensional array of type "
                    + elements.map { "'\($0.rawValue)'" }.joined(separator: " or "))
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

/// The header of a NumPy array file, versions 1 to 3 (numpy.lib.format): the type and the number of elements.
struct NpyHeader {
    /// The number of bytes that determine the version and the length of the rest.
    fileprivate static let prefixBytes = 12
    static let longest = 64 << 10

    /// The type as NumPy writes it: `<f2`.
    let type: String
    let shape: [UInt64]
    /// The offset of the elements.
    fileprivate let dataOffset: UInt64

    /// Returns the number of bytes of the header, given `prefix`; nil if it is not such a file.
    static func length(_ prefix: [UInt8]) -> Int? {
        guard prefix.count >= 10, prefix.starts(with: [0x93] + Array("NUMPY".utf8)), prefix[7] == 0 else { return nil }
        switch prefix[6] {
        case 1: return 10 + Int(prefix[8]) + Int(prefix[9]) << 8
        case 2, 3:
            guard prefix.count >= 12 else { return nil }
            return 12 + (0..<4).reduce(0) { $0 + Int(prefix[8 + $1]) << (8 * $1) }
        default: return nil
        }
    }

    /// - Parameter bytes: The whole header.
    init(_ bytes: [UInt8], name: String) throws(InterchangeError) {
        var literal = PythonLiteral(bytes[(bytes[6] == 1 ? 10 : 12)...])
        guard let fields = literal.fields(), let type = fields.type, fields.isFortran == false, let shape = fields.shape
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is not an array in C order with a plain element type; "
                    + "write it with numpy.save(file, numpy.ascontiguousarray(array))")
        }
        self.type = type
        self.shape = shape
        dataOffset = UInt64(bytes.count)
    }

    /// Returns the size of a file with this header; nil if no file can be that large.
    func fileSize(elementBytes: Int) -> UInt64? {
        var size = UInt64(elementBytes)
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            size = product
        }
        let (total, overflow) = size.addingReportingOverflow(dataOffset)
        return overflow || total > UInt64(Int64.max) ? nil : total
    }
}

/// Parses the dictionary of an npy header: `{'descr': '<f2', 'fortran_order': False, 'shape': (3, 128), }` and spaces.
private struct PythonLiteral {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Nil if it is not that dictionary, or has a field twice.
    mutating func fields() -> (type: String?, isFortran: Bool?, shape: [UInt64]?)? {
        var found: (type: String?, isFortran: Bool?, shape: [UInt64]?)
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = text(), take(":") else { return nil }
            switch key {
            case "descr" where found.type == nil:
                found.type = text()
                if found.type == nil { return nil }
            case "fortran_order" where found.isFortran == nil:
                if take("False") {
                    found.isFortran = false
                } else if take("True") {
                    found.isFortran = true
                } else {
                    return nil
                }
            case "shape" where found.shape == nil:
                guard let shape = tuple() else { return nil }
                found.shape = shape
            default: return nil
            }
            guard take(",") || rest.first == UInt8(ascii: "}") else { return nil }
        }
        skipSpaces()
        return rest.isEmpty ? found : nil
    }

    private mutating func skipSpaces() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 }
    }

    private mutating func take(_ word: String) -> Bool {
        skipSpaces()
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        skipSpaces()
        return true
    }

    private mutating func text() -> String? {
        skipSpaces()
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let content = rest.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
        guard content.endIndex < rest.endIndex, rest[content.endIndex] == quote else { return nil }
        rest = rest[(content.endIndex + 1)...]
        skipSpaces()
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func tuple() -> [UInt64]? {
        guard take("(") else { return nil }
        var numbers: [UInt64] = []
        while !take(")") {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard numbers.count < 8, let number = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
            guard take(",") || rest.first == UInt8(ascii: ")") else { return nil }
        }
        return numbers
    }
}

/// An array of numbers in a file. The part that is being read is in memory: 1 MiB, or the requested range if that is
/// larger.
struct NumberArray {
    /// The type of the numbers, as in NumPy's `descr`.
    enum Element: String {
        case half = "<f2"
        case single = "<f4"
        case double = "<f8"
        case int8 = "|i1"
        case uint8 = "|u1"
        case int32 = "<i4"
        case uint32 = "<u4"
        case int64 = "<i8"
        case uint64 = "<u8"

        /// The types of row pointers, offsets and terms.
        static let integers: [Element] = [.int64, .uint64, .int32, .uint32]
        /// The types of weights.
        static let weights: [Element] = [.single, .half, .double, .uint8, .int8, .int32, .uint32]

        /// The size of an element in bytes.
        var bytes: Int {
            switch self {
            case .int8, .uint8: 1
            case .half: 2
            case .single, .int32, .uint32: 4
            case .double, .int64, .uint64: 8
            }
        }
    }

    private static let windowBytes = 1 << 20

    /// The type of the numbers.
    let element: Element
    /// The number of elements.
    let count: UInt64

    private let file: RandomAccessFile
    private let offset: UInt64
    private var bytes: [UInt8] = []
    private var loaded: Range<UInt64> = 0..<0

    /// Creates an array of the `count` numbers at `offset` of `file`.
    init(file: RandomAccessFile, offset: UInt64, element: Element, count: UInt64) {
        self.file = file
        self.offset = offset
        self.element = element
        self.count = count
    }

    /// Returns the integers at the indexes of `range`, which must be within the array. Negative ones become larger than
    /// `Int64.max`.
    mutating func integers(_ range: Range<UInt64>) throws(InterchangeError) -> [UInt64] {
        let bytes = try load(range)
        return switch element {
        case .int64, .uint64: Self.map(bytes) { (number: UInt64) in UInt64(littleEndian: number) }
        case .int32: Self.map(bytes) { (number: Int32) in UInt64(bitPattern: Int64(Int32(littleEndian: number))) }
        case .uint32: Self.map(bytes) { (number: UInt32) in UInt64(UInt32(littleEndian: number)) }
        case .int8: Self.map(bytes) { (number: Int8) in UInt64(bitPattern: Int64(number)) }
        case .uint8: Self.map(bytes) { (number: UInt8) in UInt64(number) }
        case .half, .single, .double: []
        }
    }

    /// Returns the numbers at the indexes of `range`, which must be within the array, rounded to 32-bit floats.
    mutating func floats(_ range: Range<UInt64>) throws(InterchangeError) -> [Float] {
        let bytes = try load(range)
        return switch element {
        case .half: Self.map(bytes) { (bits: UInt16) in HalfFloat.float(UInt16(littleEndian: bits)) }
        case .single: Self.map(bytes) { (bits: UInt32) in Float(bitPattern: UInt32(littleEndian: bits)) }
        case .double: Self.map(bytes) { (bits: UInt64) in Float(Double(bitPattern: UInt64(littleEndian: bits))) }
        case .int8: Self.map(bytes) { (number: Int8) in Float(number) }
        case .uint8: Self.map(bytes) { (number: UInt8) in Float(number) }
        case .int32: Self.map(bytes) { (number: Int32) in Float(Int32(littleEndian: number)) }
        case .uint32: Self.map(bytes) { (number: UInt32) in Float(UInt32(littleEndian: number)) }
        case .int64: Self.map(bytes) { (number: Int64) in Float(Int64(littleEndian: number)) }
        case .uint64: Self.map(bytes) { (number: UInt64) in Float(UInt64(littleEndian: number)) }
        }
    }

    private static func map<Stored: BitwiseCopyable, Number>(
        _ bytes: ArraySlice<UInt8>, _ number: (Stored) -> Number
    ) -> [Number] {
        bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: MemoryLayout<Stored>.size).map {
                number(raw.loadUnaligned(fromByteOffset: $0, as: Stored.self))
            }
        }
    }

    /// Returns the bytes of the numbers of `range`.
    private mutating func load(_ range: Range<UInt64>) throws(InterchangeError) -> ArraySlice<UInt8> {
        if range.lowerBound < loaded.lowerBound || range.upperBound > loaded.upperBound {
            let wanted = max(UInt64(range.count), UInt64(Self.windowBytes / element.bytes))
            let upper = min(range.lowerBound + wanted, count)
            bytes = try file.bytes(
                at: offset + range.lowerBound * UInt64(element.bytes),
                count: Int(upper - range.lowerBound) * element.bytes)
            loaded = range.lowerBound..<upper
        }
        let first = Int(range.lowerBound - loaded.lowerBound) * element.bytes
        return bytes[first..<first + range.count * element.bytes]
    }
}
