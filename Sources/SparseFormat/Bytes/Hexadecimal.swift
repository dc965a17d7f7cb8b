/// Converts bytes to hexadecimal text, for messages and cursors.
package enum Hexadecimal {
    /// Returns two digits per byte.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return text
    }

    /// Returns at most the first 16 bytes, so that messages stay readable and long identifiers do not end up in logs.
    package static func abbreviated(_ bytes: some Collection<UInt8>) -> String {
        bytes.count <= 16 ? text(bytes) : text(bytes.prefix(16)) + "..(\(bytes.count) bytes)"
    }

    /// Returns the bytes of text that `text(_:)` wrote; nil if its length is odd or it has anything but lowercase
    /// digits.
    package static func bytes(_ text: String) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for unit in text.utf8 {
            let digit: UInt8
            switch unit {
            case 48...57: digit = unit - 48
            case 97...102: digit = unit - 87
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> Character {
        Character(Unicode.Scalar(value < 10 ? 48 + value : 87 + value))
    }
}
