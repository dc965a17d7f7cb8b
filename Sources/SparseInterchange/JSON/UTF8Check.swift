/// Validates UTF-8, eight bytes at a time if they are ASCII.
enum UTF8Check {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Returns the index of the first byte that is not part of well-formed UTF-8; nil if all are.
    static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while index < raw.count {
            if index + 8 <= raw.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & highBits == 0 {
                index += 8
            } else if raw[index] < 0x80 {
                index += 1
            } else {
                let length = sequenceLength(raw, index)
                if length == 0 { return index }
                index += length
            }
        }
        return nil
    }

    /// Returns the length of the well-formed sequence of two to four bytes at `index`, or 0 (the table of Unicode 3-7).
    private static func sequenceLength(_ raw: UnsafeRawBufferPointer, _ index: Int) -> Int {
        let lead = raw[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard index + length <= raw.count, second.contains(raw[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where raw[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
