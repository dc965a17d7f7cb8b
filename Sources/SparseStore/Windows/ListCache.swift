internal import LMDB
internal import Platform
internal import SparseFormat
internal import Synchronization

/// Bounds the memory of the decoded lists of one store, across all its compact segments. Lists that searches are
/// currently reading need additional memory.
///
/// The chunks hold their data themselves (`ListChunk`), so that reading a cached chunk needs no lock. This class only
/// chooses the chunks to drop when the cache is full, by the clock algorithm, which keeps each chunk that was used
/// since the last round for another round (Corbato, A Paging Experiment with the Multics System, 1968).
final class ListCache: Sendable {
    private struct Clock {
        var chunks: [(chunk: ListChunk, bytes: Int)] = []
        var hand = 0
        var bytes = 0
    }

    let capacity: Int
    private let clock = Lock(Clock())
    private let decompressors = Pool { ZstdDecompressor() }

    /// - Parameter capacity: The capacity in bytes; 0 disables the cache.
    init(capacity: Int) { self.capacity = capacity }

    /// The number of cached bytes.
    var bytes: Int { clock.withLock { $0.bytes } }

    /// Adds a chunk that was just decoded, and drops others if necessary.
    func keep(_ chunk: ListChunk, _ bytes: Int) {
        guard bytes <= capacity else { return chunk.drop() }
        clock.withLock { clock in
            while clock.bytes + bytes > capacity, !clock.chunks.isEmpty {
                if clock.hand >= clock.chunks.count { clock.hand = 0 }
                guard clock.chunks[clock.hand].chunk.dropUnlessUsed() else {
                    clock.hand += 1
                    continue
                }
                clock.bytes -= clock.chunks[clock.hand].bytes
                clock.chunks.swapAt(clock.hand, clock.chunks.count - 1)
                clock.chunks.removeLast()
            }
            clock.chunks.append((chunk, bytes))
            clock.bytes += bytes
        }
    }

    /// Removes the chunks of a segment that will not be read again.
    func forget(_ chunks: [ListChunk]) {
        let gone = Set(chunks.map(ObjectIdentifier.init))
        clock.withLock { clock in
            clock.chunks.removeAll { item in
                guard gone.contains(ObjectIdentifier(item.chunk)) else { return false }
                clock.bytes -= item.bytes
                return true
            }
        }
    }

    /// Runs `body` with a decompressor. There is one for each thread that decodes at the same time, and they are
    /// reused.
    fileprivate func withDecompressor<R>(_ body: (ZstdDecompressor) throws -> R) rethrows -> R {
        try decompressors.with(body)
    }
}

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
    fileprivate func dropUnlessUsed() -> Bool {
        guard !isUsed.exchange(false, ordering: .relaxed) else { return false }
        drop()
        return true
    }

    func drop() { held.withLock { $0 = nil } }
}

/// The data of one chunk of lists, either in the memory map or decoded to separate memory that is freed with this
/// object.
final class ListBytes: Sendable {
    private let data: Mapped<UnsafeRawPointer>
    var start: UnsafeRawPointer { data.pointer }
    /// The size of the decoded data; 0 if the data is in the map.
    fileprivate let decodedBytes: Int

    /// Refers to data in the map.
    init(inMap start: UnsafeRawPointer) {
        data = Mapped(start)
        decodedBytes = 0
    }

    /// - Parameters:
    ///   - byteCount: The size of the data, 1 or more.
    ///   - decode: Writes all bytes of the given memory.
    init(byteCount: Int, _ decode: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        // Align the data to a cache line, as in the map.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        data = Mapped(UnsafeRawPointer(memory))
        decodedBytes = byteCount
        try decode(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    }

    deinit { if decodedBytes > 0 { data.pointer.deallocate() } }
}

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
