/// Keeps the chunks that list pointers refer to while they are read, even if the cache drops them. Also counts where
/// the chunks were found.
struct HeldLists {
    private var chunks: [ListBytes] = []
    /// The numbers of chunks that were decoded and that were in the cache.
    private(set) var decoded = 0
    private(set) var cached = 0

    mutating func hold(_ chunk: ListBytes, wasCached: Bool) {
        chunks.append(chunk)
        guard chunk.decodedBytes > 0 else { return }
        if wasCached { cached += 1 } else { decoded += 1 }
    }
}
