internal import LMDB

/// A pool of unused scratch memory. It has at most as many pieces as there were concurrent searches.
final class ScratchPool: @unchecked Sendable {
    // A piece is in the pool or in one search, never both: handing it over through the lock makes that safe.
    private let idle = Lock<[Idle]>([])

    private struct Idle: @unchecked Sendable {
        let scratch: ScanScratch
    }

    func withScratch<R>(_ body: (ScanScratch) throws -> R) rethrows -> R {
        let piece = idle.withLock { $0.popLast() } ?? Idle(scratch: ScanScratch())
        defer { idle.withLock { $0.append(piece) } }
        let waits = DiskWaits.count
        defer { piece.scratch.readsAhead = DiskWaits.count > waits }
        return try body(piece.scratch)
    }
}
