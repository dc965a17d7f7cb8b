/// A position in a file of Protocol Buffers messages, each preceded by its length, as Java's `writeDelimitedTo` writes
/// them.
///
/// Messages are read field by field, so that the memory does not depend on their length. The three messages of CIFF
/// need only varints and strings. The swift-protobuf package would have to be built in every user's project, and keeps
/// whole messages in memory.
struct MessageCursor {
    /// The encoding of a field's value; the raw value is in the lower three bits of its tag.
    private enum Wire: UInt64 {
        case varint = 0
        case eightBytes = 1
        case lengthDelimited = 2
        case fourBytes = 5
    }

    /// A field's number and value.
    struct Field {
        let number: UInt64
        /// The number, if the value is a varint; otherwise nil.
        let varint: UInt64?
        /// The range of the bytes of a string or of an inner message; nil for other values.
        let content: Range<UInt64>?
    }

    private static let windowBytes: UInt64 = 1 << 20

    /// The position of the next byte to read.
    private(set) var position: UInt64

    private let file: RandomAccessFile
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    init(_ file: RandomAccessFile, at position: UInt64 = 0) {
        self.file = file
        self.position = position
    }

    /// Whether the end of the file has been reached.
    var isAtEnd: Bool { position >= file.size }

    /// Returns the range of the message that begins here, and advances to its first field.
    mutating func message() throws(InterchangeError) -> Range<UInt64> {
        let length = try varint(before: file.size)
        guard length <= file.size - position else { throw damaged() }
        return position..<position + length
    }

    /// Returns the next field of a message that ends at `end`; nil at its end. The content of a field is skipped.
    mutating func field(before end: UInt64) throws(InterchangeError) -> Field? {
        guard position < end else { return nil }
        let tag = try varint(before: end)
        let number = tag >> 3
        switch Wire(rawValue: tag & 7) {
        case .varint: return Field(number: number, varint: try varint(before: end), content: nil)
        case .lengthDelimited:
            let length = try varint(before: end)
            guard length <= end - position else { throw damaged() }
            let content = position..<position + length
            position = content.upperBound
            return Field(number: number, varint: nil, content: content)
        case .eightBytes, .fourBytes:
            let length: UInt64 = tag & 7 == Wire.eightBytes.rawValue ? 8 : 4
            guard length <= end - position else { throw damaged() }
            position += length
            return Field(number: number, varint: nil, content: nil)
        case nil: throw damaged()
        }
    }

    /// Moves to a position, forward or back.
    mutating func move(to place: UInt64) { position = place }

    /// Returns the bytes of `range`.
    mutating func bytes(_ range: Range<UInt64>) throws(InterchangeError) -> [UInt8] {
        guard range.upperBound <= file.size else { throw damaged() }
        if range.lowerBound >= windowStart, range.upperBound <= windowStart + UInt64(window.count) {
            let start = Int(range.lowerBound - windowStart)
            return Array(window[start..<start + range.count])
        }
        return try file.bytes(at: range.lowerBound, count: range.count)
    }

    /// Returns the error for a file that breaks the rules of its messages.
    func damaged() -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(file.name)' is damaged or truncated near byte \(position) of its content; download or create it again")
    }

    /// Reads a number of at most 64 bits, with seven bits per byte, lowest first.
    private mutating func varint(before end: UInt64) throws(InterchangeError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { throw damaged() }
            let byte = try next()
            guard shift < 63 || byte < 2 else { throw damaged() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw damaged()
    }

    private mutating func next() throws(InterchangeError) -> UInt8 {
        if position < windowStart || position >= windowStart + UInt64(window.count) {
            window = try file.bytes(at: position, count: Int(min(Self.windowBytes, file.size - position)))
            windowStart = position
        }
        defer { position += 1 }
        return window[Int(position - windowStart)]
    }
}
