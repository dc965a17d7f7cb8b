/// The data of one chunk of lists, either in the memory map or decoded to separate memory that is freed with this
/// object.
final class ListBytes: @unchecked Sendable {
    let start: UnsafeRawPointer
    /// The size of the decoded data; 0 if the data is in the map.
    let decodedBytes: Int

    /// Refers to data in the map.
    init(inMap start: UnsafeRawPointer) {
        self.start = start
        decodedBytes = 0
    }

    /// - Parameters:
    ///   - byteCount: The size of the data, 1 or more.
    ///   - decode: Writes all bytes of the given memory.
    init(byteCount: Int, _ decode: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        // Align the data to a cache line, as in the map.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        start = UnsafeRawPointer(memory)
        decodedBytes = byteCount
        try decode(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    }

    deinit { if decodedBytes > 0 { start.deallocate() } }
}
