/// A segment chunk as it is stored: its header and the bytes after it.
package struct StoredChunk: Sendable {
    package let header: SegmentChunkHeader
    package let bytes: [UInt8]

    package init(raw data: [UInt8]) {
        header = SegmentChunkHeader(codec: .raw, originalLength: UInt32(data.count))
        bytes = data
    }

    /// - Parameter frame: The planes of `data`.
    package init(planes frame: [UInt8], of data: [UInt8]) {
        header = SegmentChunkHeader(codec: .planes, originalLength: UInt32(data.count))
        bytes = frame
    }
}
