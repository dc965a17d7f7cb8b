/// How the payload of a document is stored.
package enum PayloadEncoding: UInt8, Sendable {
    /// No payload, which is different from an empty payload.
    case none = 0
    case raw = 1
    /// One zstd frame.
    case zstd = 2
}
