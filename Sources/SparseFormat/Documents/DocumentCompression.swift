/// How an encoder compresses payloads. A payload that zstd makes less than 5 percent smaller is stored uncompressed.
package struct DocumentCompression: Sendable, Equatable {
    package var payloads: Bool
    /// The zstd level, from 1 (fast) to 19 (small).
    package var level: Int

    package init(payloads: Bool, level: Int = 3) {
        self.payloads = payloads
        self.level = level
    }

    package static let off = DocumentCompression(payloads: false)
    package static let fast = DocumentCompression(payloads: true)
}
