internal import Synchronization

/// Records which chunks have been verified, in one byte each, so that the flags take only a few cache lines.
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

    /// Runs `prove` for a chunk in 0..<count, unless it has already succeeded.
    @inline(__always)
    func prove(_ chunk: Int, _ prove: () throws -> Void) rethrows {
        // A caller's mistake, never a file's: places are compared with the chunks before they are asked for.
        precondition(chunk >= 0 && chunk < count)
        if flags[chunk].load(ordering: .acquiring) { return }
        try prove()
        flags[chunk].store(true, ordering: .releasing)
    }
}
