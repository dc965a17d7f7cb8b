/// Splits a JSON text into values that follow each other, over any number of lines, or that are in one array, as
/// pretty-printers and `json.dump` write them. The array may be the member `rows` of an
/// object, as pymilvus writes it.
///
/// Values are found by their brackets; the parser checks them. The memory is that of the longest value, which is
/// bounded by the limit.
final class JSONValueReader: RecordReader {
    private(set) var number: Int
    private(set) var offset: UInt64

    private let source: ByteSource
    private let limit: Int
    private var input: ArraySlice<UInt8> = []
    private var value: [UInt8] = []
    /// The last value, which is valid until the next is read.
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)

    /// Reads values from the current position of `source`, which is the beginning or follows a value; `number` values
    /// came before.
    init(source: ByteSource, limit: Int = InterchangeLimits.lineBytes, after number: Int = 0) {
        self.source = source
        self.limit = limit
        self.number = number
        offset = source.offset
    }

    /// How many bytes stand before the array in `{"rows": [`; nil where a text does not begin so.
    static func rowsPrefix(_ text: some Collection<UInt8>) -> Int? {
        var rest = text[...]
        for word in ["{", "\"rows\"", ":", "["] {
            rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard rest.starts(with: word.utf8) else { return nil }
            if word != "[" { rest = rest.dropFirst(word.utf8.count) }
        }
        return text.count - rest.count
    }

    deinit {
        buffer.deallocate()
    }

    /// Returns the next value without separators; nil at the end.
    func next() throws(InterchangeError) -> LineReader.Line? {
        value.removeAll(keepingCapacity: true)
        if offset == 0, let prefix = Self.rowsPrefix(try source.peek(256)) {
            for _ in 0..<prefix { _ = try take() }
        }
        guard var byte = try skipBetweenValues() else { return nil }
        number += 1
        var (depth, length) = (0, 0)
        var (isText, isEscaped) = (false, false)
        while true {
            length += 1
            if length <= limit { value.append(byte) }
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
            if depth <= 0, !isText { break }
            guard let following = try take() else { break }
            byte = following
        }
        guard length <= limit else {
            return LineReader.Line(bytes: UnsafeBufferPointer(start: nil, count: 0), isTooLong: true)
        }
        if buffer.count < length {
            buffer.deallocate()
            buffer = .allocate(byteCount: length, alignment: 16)
        }
        buffer.copyBytes(from: value)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length]).bindMemory(to: UInt8.self)
        return LineReader.Line(bytes: bytes, isTooLong: false)
    }

    /// Skips white space, commas, the brackets of the array and a byte order mark. Returns the first byte of a value.
    private func skipBetweenValues() throws(InterchangeError) -> UInt8? {
        var isBehindArray = false
        while let byte = try take() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: continue
            case UInt8(ascii: ","), UInt8(ascii: "["): continue
            case UInt8(ascii: "]"): isBehindArray = true
            case UInt8(ascii: "}") where isBehindArray: continue
            default: return byte
            }
        }
        return nil
    }

    private func take() throws(InterchangeError) -> UInt8? {
        if input.isEmpty {
            input = try source.read(count: 64 << 10)[...]
            if input.isEmpty { return nil }
        }
        offset += 1
        return input.popFirst()
    }
}
