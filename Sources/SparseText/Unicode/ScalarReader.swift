/// Reads the scalars of valid UTF-8, such as that of a `String`.
struct ScalarReader {
    let bytes: UnsafeBufferPointer<UInt8>
    /// The offset of the next scalar.
    var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// Reads the next scalar; the reader must not be at its end.
    @inline(__always)
    mutating func next() -> UInt32 {
        let first = UInt32(bytes[position])
        if first < 0x80 {
            position += 1
            return first
        }
        return nextOfSeveral(first)
    }

    private mutating func nextOfSeveral(_ first: UInt32) -> UInt32 {
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var code = first & (0x7F >> UInt32(length))
        for offset in 1..<length { code = code << 6 | UInt32(bytes[position + offset] & 0x3F) }
        position += length
        return code
    }
}

extension [UInt8] {
    /// Appends a scalar in UTF-8.
    mutating func append(scalar code: UInt32) {
        switch code {
        case 0..<0x80: append(UInt8(code))
        case 0x80..<0x800:
            append(UInt8(0xC0 | code >> 6))
            append(UInt8(0x80 | code & 0x3F))
        case 0x800..<0x10000:
            append(UInt8(0xE0 | code >> 12))
            append(UInt8(0x80 | code >> 6 & 0x3F))
            append(UInt8(0x80 | code & 0x3F))
        default:
            append(UInt8(0xF0 | code >> 18))
            append(UInt8(0x80 | code >> 12 & 0x3F))
            append(UInt8(0x80 | code >> 6 & 0x3F))
            append(UInt8(0x80 | code & 0x3F))
        }
    }
}

extension String {
    /// Runs `body` with the text's UTF-8, which is copied only if it is not contiguous.
    func withUTF8Bytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
        return try Array(utf8).withUnsafeBufferPointer(body)
    }
}
