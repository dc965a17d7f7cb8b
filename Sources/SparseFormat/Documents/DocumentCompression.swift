/// What an encoder tries to compress. What zstd makes less than 5 percent smaller is stored as it is.
package struct DocumentCompression: Sendable, Equatable {
    /// Compressed vectors cost 2 to 3 us each time a document is scored.
    package var vectors: Bool
    package var payloads: Bool
    /// zstd's level, 1 (fast) to 19 (small).
    package var level: Int

    package init(vectors: Bool, payloads: Bool, level: Int = 3) {
        self.vectors = vectors
        self.payloads = payloads
        self.level = level
    }

    package static let off = DocumentCompression(vectors: false, payloads: false)
    /// The default: vectors are scored where they lie.
    package static let fast = DocumentCompression(vectors: false, payloads: true)
    package static let compact = DocumentCompression(vectors: true, payloads: true)
}
