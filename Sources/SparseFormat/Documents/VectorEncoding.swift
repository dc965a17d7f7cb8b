/// How the vector section of a document is stored.
package enum VectorEncoding: UInt8, Sendable {
    case plain = 0
    /// One zstd frame of the plain form.
    case zstd = 1
}
