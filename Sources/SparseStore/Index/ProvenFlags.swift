internal import Synchronization

/// Which of some chunks have been proven, a byte each: what asks for each document finds them in a few cache lines.
final class ProvenFlags: @unchecked Sendable {
    private let flags: UnsafeMutablePointer<Atomic<Bool>>
    private let count: Int

    init(count: Int) {
        self.count = count
        flags = .allocate(capacity: count)
        for index in 0..<count { (flags + index).initialize(to: Atomic(false)) }
    }

    deinit {
        flags.deinitialize(count: count)
        flags.deallocate()
    }

    /// Runs `prove` unless it has run, for a chunk in 0..<count, and did not throw.
    @inline(__always)
    func prove(_ chunk: Int, _ prove: () throws -> Void) rethrows {
        // A caller's mistake, never a file's: places are compared with the chunks before they are asked for.
        precondition(chunk >= 0 && chunk < count)
        if flags[chunk].load(ordering: .acquiring) { return }
        try prove()
        flags[chunk].store(true, ordering: .releasing)
    }
}
