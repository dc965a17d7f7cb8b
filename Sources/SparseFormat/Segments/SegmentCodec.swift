/// How the data of a segment chunk are stored.
package enum SegmentCodec: UInt8, Sendable {
    case raw = 0
    /// The planes of the lists (`ListPlanes`) in one zstd frame without a dictionary.
    case planes = 1
}
