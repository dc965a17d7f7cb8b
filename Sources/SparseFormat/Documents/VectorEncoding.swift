/// How the vector section of a document is stored.
package enum VectorEncoding: UInt8, Sendable {
    case plain = 0
    /// Half-precision weights, where each of them is one exactly: what models computed in half precision give.
    case half = 1
}
