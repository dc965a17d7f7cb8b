internal import LMDB
internal import SparseFormat
internal import Synchronization

/// A chunk of a compact segment's lists. It is decoded when a search needs it, and again after the cache has dropped
/// it.
final class ListChunk: Sendable {
    private let stored: SegmentBytes
    private let index: Int
    private let held = Lock<ListBytes?>(nil)
    /// Whether a search has used the chunk since the last round of the cache.
    private let isUsed = Atomic(false)

    init(_ stored: SegmentBytes, index: Int) {
        self.stored = stored
        self.index = index
    }

    /// The stored size of the chunk in bytes.
    var storedBytes: Int { stored.value.count }

    /// Returns the chunk's data, which contains each of the directory's lists in full.
    func bytes(_ directory: WindowDirectory, _ cache: ListCache) throws -> (bytes: ListBytes, wasCached: Bool) {
        // Other threads wait while the chunk is decoded, which is faster than decoding it twice.
        let (bytes, wasHeld) = try held.withLock { held throws -> (ListBytes, Bool) in
            if let held { return (held, true) }
            let made = try load(directory, cache)
            held = made
            return (made, false)
        }
        if wasHeld {
            if !isUsed.load(ordering: .relaxed) { isUsed.store(true, ordering: .relaxed) }
        } else if bytes.decodedBytes > 0 {
            cache.keep(self, bytes.decodedBytes)
        }
        return (bytes, wasHeld)
    }

    private func load(_ directory: WindowDirectory, _ cache: ListCache) throws -> ListBytes {
        try stored.verify()
        return try stored.naming { body in
            let header = try SegmentChunkHeader(body: body)
            let length = Int(header.originalLength)
            let data = UnsafeRawBufferPointer(rebasing: body[SegmentChunkHeader.size...])
            guard header.codec == .planes else {
                _ = try header.rawLength(body: body)
                try directory.checkLists(directory.positions(inChunk: index), inside: length)
                guard let start = data.baseAddress else { throw FormatError(.listRange) }
                return ListBytes(inMap: start)
            }
            let planes = try ListPlanes(directory, chunk: index, length: length)
            return try ListBytes(byteCount: length) { memory in
                try cache.withDecompressor { try planes.decode(data, into: memory, $0) }
            }
        }
    }

    /// Requests the chunk from the disk unless it is decoded.
    func readAhead() {
        if held.withLock({ $0 }) == nil { stored.readAhead() }
    }

    func checkHeader() throws { try stored.checkHeader() }

    /// Drops the decoded data unless it was used since the last call. Returns whether it was dropped.
    func dropUnlessUsed() -> Bool {
        guard !isUsed.exchange(false, ordering: .relaxed) else { return false }
        drop()
        return true
    }

    func drop() { held.withLock { $0 = nil } }
}
