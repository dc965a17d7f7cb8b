internal import SparseStore

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
