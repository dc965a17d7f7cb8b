internal import LMDB
internal import SparseFormat

/// How much memory the decoded lists of one store take, over all its compact segments: so many bytes, and besides what
/// searches are reading at the moment.
///
/// The chunks have their data themselves (`ListChunk`), so that who finds one waits for nobody. Here is only who goes when
/// there is no room: the clock algorithm, which gives each chunk that was used since its last round another one. (Corbato,
/// A Paging Experiment with the Multics System, 1968.)
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

    /// - Parameter capacity: in bytes; with 0 nothing is kept.
    init(capacity: Int) { self.capacity = capacity }

    /// Bytes that are kept.
    var bytes: Int { clock.withLock { $0.bytes } }

    /// Takes in a chunk that has just been decoded, in place of others.
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

    /// Forgets the chunks of a segment that nobody will read again.
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

    /// A decompressor is made by as many threads as decode at the same time, and then used again.
    func withDecompressor<R>(_ body: (ZstdDecompressor) throws -> R) rethrows -> R {
        let item = idle.withLock { $0.popLast() } ?? Idle(decompressor: ZstdDecompressor())
        defer { idle.withLock { $0.append(item) } }
        return try body(item.decompressor)
    }
}
