/// The chunks that pointers to lists lead into, kept while they are read: a cache that is full drops a chunk, but its bytes
/// stay while they are held. And where they were found.
struct HeldLists {
    private var chunks: [ListBytes] = []
    /// Chunks that were decoded, and those that the cache had.
    private(set) var decoded = 0
    private(set) var cached = 0

    mutating func hold(_ chunk: ListBytes, wasCached: Bool) {
        chunks.append(chunk)
        guard chunk.decodedBytes > 0 else { return }
        if wasCached { cached += 1 } else { decoded += 1 }
    }
}
