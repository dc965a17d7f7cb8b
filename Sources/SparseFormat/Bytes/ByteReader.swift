/// Reads the format's primitive types from bytes. Every read is checked against the end.
///
/// This file uses pointers: each read compares its length with `remaining` first. The reader does not own the bytes,
/// which must stay valid as long as the reader is in use.
package struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    /// The number of bytes read.
    package private(set) var position = 0
    /// The table and key that errors name, if known.
    private let table: TableNumber?
    private let key: [UInt8]

    /// - Parameters:
    ///   - table: The table of the value, for errors. A caller may add it to a caught error instead.
    ///   - key: The key of the value, for errors.
    package init(_ bytes: UnsafeRawBufferPointer, table: TableNumber? = nil, key: [UInt8] = []) {
        self.bytes = bytes
        self.table = table
        self.key = key
    }

    /// The number of bytes left.
    package var remaining: Int { bytes.count - position }

    package mutating func u8() throws(FormatError) -> UInt8 {
        try fixed(UInt8.self)
    }

    package mutating func u16() throws(FormatError) -> UInt16 {
        try fixed(UInt16.self)
    }

    package mutating func u32() throws(FormatError) -> UInt32 {
        try fixed(UInt32.self)
    }

    package mutating func u64() throws(FormatError) -> UInt64 {
        try fixed(UInt64.self)
    }

    package mutating func f32() throws(FormatError) -> Float {
        Float(bitPattern: try fixed(UInt32.self))
    }

    package mutating func f64() throws(FormatError) -> Double {
        Double(bitPattern: try fixed(UInt64.self))
    }

    /// Reads a canonical varint of at most 5 bytes.
    package mutating func varint32() throws(FormatError) -> UInt32 {
        let value = try varint(maximumBytes: 5)
        guard let narrow = UInt32(exactly: value) else { throw failure(.badVarint, "over 32 bits") }
        return narrow
    }

    /// Reads a canonical varint of at most 10 bytes.
    package mutating func varint64() throws(FormatError) -> UInt64 {
        try varint(maximumBytes: 10)
    }

    package mutating func zigzag32() throws(FormatError) -> Int32 {
        let value = try varint32()
        return Int32(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    package mutating func zigzag64() throws(FormatError) -> Int64 {
        let value = try varint64()
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    /// Returns the next `count` bytes without copying.
    package mutating func take(_ count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw failure(.truncated) }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
        position += count
        return slice
    }

    /// Returns all remaining bytes.
    package mutating func rest() -> UnsafeRawBufferPointer {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position...])
        position = bytes.count
        return slice
    }

    /// Reads a string of `count` bytes.
    package mutating func text(_ count: Int) throws(FormatError) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw failure(.badUTF8) }
        return text
    }

    /// Reads reserved bytes, which must be zero.
    package mutating func zeros(_ count: Int) throws(FormatError) {
        guard try take(count).allSatisfy({ $0 == 0 }) else {
            throw invariant(Invariant.reservedBytesAreZero.rawValue, Invariant.reservedBytesAreZero.rule)
        }
    }

    /// Checks a count that was read from the bytes. Memory for that many elements may be reserved afterward, because
    /// the remaining bytes can hold them.
    package func proven(_ count: UInt64, elementBytes: Int, limit: Int) throws(FormatError) -> Int {
        guard count <= UInt64(max(0, limit)) else {
            throw failure(.limitExceeded, "\(count) elements, but the limit is \(limit)")
        }
        guard count <= UInt64(remaining / max(1, elementBytes)) else { throw failure(.truncated) }
        return Int(count)
    }

    /// Checks that no bytes are left.
    package func finish() throws(FormatError) {
        guard remaining == 0 else { throw failure(.trailingBytes, "\(remaining) bytes") }
    }

    /// Returns an error that names the broken invariant, and the location if the reader knows it.
    package func invariant(_ number: Int, _ what: String) -> FormatError {
        failure(.invariant(number, what))
    }

    private func failure(_ code: FormatError.Code, _ detail: String = "") -> FormatError {
        let error = FormatError(code, detail)
        guard let table else { return error }
        return key.withUnsafeBytes { error.at(table, key: $0) }
    }

    private mutating func fixed<Value: FixedWidthInteger>(_ type: Value.Type) throws(FormatError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw failure(.truncated) }
        let value = bytes.loadUnaligned(fromByteOffset: position, as: type)
        position += size
        return Value(littleEndian: value)
    }

    private mutating func varint(maximumBytes: Int) throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<maximumBytes {
            let byte = try u8()
            // The tenth byte has only one bit of the value.
            guard index < 9 || byte <= 1 else { throw failure(.badVarint, "over 64 bits") }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 {
                guard byte != 0 || index == 0 else { throw failure(.badVarint, "overlong") }
                return value
            }
        }
        throw failure(.badVarint, "longer than \(maximumBytes) bytes")
    }
}

/// Decodes text that was read from disk.
enum UTF8Text {
    /// Returns the text, or throws if the bytes are not valid UTF-8. Nothing is repaired.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> String {
        // Most texts are ASCII, which is always valid. Validating takes several times as long for a short text.
        if bytes.reduce(0, |) < 0x80 { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FormatError(.badUTF8) }
        return text
    }
}
