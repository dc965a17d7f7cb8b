/// Text read from disk.
enum UTF8Text {
    /// The text; the bytes are taken as they are or not at all.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FormatError(.badUTF8) }
        return text
    }
}
