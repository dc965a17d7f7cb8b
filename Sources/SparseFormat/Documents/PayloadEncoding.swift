/// How the payload of a document is stored.
package enum PayloadEncoding: UInt8, Sendable {
    /// There is none, which is not the same as one of no bytes.
    case none = 0
    case raw = 1
    /// One zstd frame.
    case zstd = 2
}
