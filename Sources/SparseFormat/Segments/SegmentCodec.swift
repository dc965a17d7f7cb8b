/// How the data of a segment chunk are stored.
package enum SegmentCodec: UInt8, Sendable {
    case raw = 0
    /// One zstd frame without a dictionary.
    case zstd = 1
    /// The planes of the lists (`ListPlanes`), in one zstd frame without a dictionary.
    case planes = 2
}
