/// Decodes text that was read from disk.
enum UTF8Text {
    /// Returns the text, or throws if the bytes are not valid UTF-8. Nothing is repaired.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FormatError(.badUTF8) }
        return text
    }
}
