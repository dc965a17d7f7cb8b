/// How the vector section of a document is stored.
package enum VectorEncoding: UInt8, Sendable {
    case plain = 0
    /// Half-precision weights, used if they represent each weight exactly, as for models that compute in half
    /// precision.
    case half = 1
}
