/// Whether and how an encoder compresses payloads. What zstd makes less than 5 percent smaller is stored as it is.
package struct DocumentCompression: Sendable, Equatable {
    package var payloads: Bool
    /// zstd's level, 1 (fast) to 19 (small).
    package var level: Int

    package init(payloads: Bool, level: Int = 3) {
        self.payloads = payloads
        self.level = level
    }

    package static let off = DocumentCompression(payloads: false)
    package static let fast = DocumentCompression(payloads: true)
}
