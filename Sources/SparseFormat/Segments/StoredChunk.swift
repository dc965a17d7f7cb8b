/// A segment chunk as it is stored: its header, and what stands behind that.
package struct StoredChunk: Sendable {
    package let header: SegmentChunkHeader
    package let bytes: [UInt8]

    package init(raw data: [UInt8]) {
        header = SegmentChunkHeader(codec: .raw, originalLength: UInt32(data.count))
        bytes = data
    }

    /// - Parameter frame: the planes of `data`.
    package init(planes frame: [UInt8], of data: [UInt8]) {
        header = SegmentChunkHeader(codec: .planes, originalLength: UInt32(data.count))
        bytes = frame
    }
}
