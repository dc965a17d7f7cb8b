/// The data of one chunk of lists: where they lie in the map, or decoded into memory of their own, which lives as long as
/// somebody holds this.
final class ListBytes: @unchecked Sendable {
    let start: UnsafeRawPointer
    /// Bytes of memory; 0 where the data lie in the map.
    let decodedBytes: Int

    /// Data in the map.
    init(inMap start: UnsafeRawPointer) {
        self.start = start
        decodedBytes = 0
    }

    /// - Parameters:
    ///   - byteCount: 1 or more.
    ///   - decode: writes all bytes of the memory that it gets.
    init(byteCount: Int, _ decode: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        // As in the map, the data begin at the start of a cache line.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        start = UnsafeRawPointer(memory)
        decodedBytes = byteCount
        try decode(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    }

    deinit { if decodedBytes > 0 { start.deallocate() } }
}
