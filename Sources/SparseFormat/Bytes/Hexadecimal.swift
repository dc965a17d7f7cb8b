/// Bytes as hexadecimal text, for messages.
package enum Hexadecimal {
    /// Two digits for each byte.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return text
    }

    /// At most the first 16 bytes, so that a message stays readable and a long identifier is not spread over logs.
    package static func abbreviated(_ bytes: some Collection<UInt8>) -> String {
        bytes.count <= 16 ? text(bytes) : text(bytes.prefix(16)) + "..(\(bytes.count) bytes)"
    }

    private static func digit(_ value: UInt8) -> Character {
        Character(Unicode.Scalar(value < 10 ? 48 + value : 87 + value))
    }
}
