internal import LMDB
internal import SparseFormat

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

    private struct Idle: @unchecked Sendable {
        let decompressor: ZstdDecompressor
    }

    let capacity: Int
    private let clock = Lock(Clock())
    private let idle = Lock<[Idle]>([])

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
    func withDecompressor<R>(_ body: (ZstdDecompressor) throws -> R) rethrows -> R {
        let item = idle.withLock { $0.popLast() } ?? Idle(decompressor: ZstdDecompressor())
        defer { idle.withLock { $0.append(item) } }
        return try body(item.decompressor)
    }
}
