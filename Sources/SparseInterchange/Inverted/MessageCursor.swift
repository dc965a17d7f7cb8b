/// A place in a file of Protocol Buffers messages, each behind its length, as Java's `writeDelimitedTo` writes them.
///
/// Messages are read field by field, not as wholes, so that the memory taken does not depend on their length. The three
/// messages of CIFF need no more than varints and texts; the swift-protobuf package would build in every user's project,
/// and keeps whole messages.
struct MessageCursor {
    /// How a field's value is written; the rawValue stands in the lower three bits of its tag.
    private enum Wire: UInt64 {
        case varint = 0
        case eightBytes = 1
        case lengthDelimited = 2
        case fourBytes = 5
    }

    /// A field's number and value.
    struct Field {
        let number: UInt64
        /// The number, where it is a varint; nil for other values.
        let varint: UInt64?
        /// Where the bytes of a text or of a message within lie; nil for other values.
        let content: Range<UInt64>?
    }

    private static let windowBytes: UInt64 = 1 << 20

    /// The next byte to be read.
    private(set) var position: UInt64

    private let file: RandomAccessFile
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    init(_ file: RandomAccessFile, at position: UInt64 = 0) {
        self.file = file
        self.position = position
    }

    /// Whether nothing is left to read.
    var isAtEnd: Bool { position >= file.size }

    /// Where the message that begins here lies; the cursor stands at its first field then.
    mutating func message() throws(InterchangeError) -> Range<UInt64> {
        let length = try varint(before: file.size)
        guard length <= file.size - position else { throw damaged() }
        return position..<position + length
    }

    /// The next field of a message that ends at `end`; nil at its end. A field with content is stepped over.
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

    /// Goes to a place, forward or back.
    mutating func move(to place: UInt64) { position = place }

    /// The bytes of `range`.
    mutating func bytes(_ range: Range<UInt64>) throws(InterchangeError) -> [UInt8] {
        guard range.upperBound <= file.size else { throw damaged() }
        if range.lowerBound >= windowStart, range.upperBound <= windowStart + UInt64(window.count) {
            let start = Int(range.lowerBound - windowStart)
            return Array(window[start..<start + range.count])
        }
        return try file.bytes(at: range.lowerBound, count: range.count)
    }

    /// The error of a file that breaks the rules of its messages.
    func damaged() -> InterchangeError {
        InterchangeError(
            .invalidInput, "'\(file.name)' is damaged or cut short near byte \(position) of its content; get it again")
    }

    /// A number of at most 64 bits, seven in a byte, the lowest first.
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
