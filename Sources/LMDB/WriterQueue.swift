#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The threads of this process that write or wait to, in the order they came. A lock alone lets the thread that has just
/// released it take it again before those who wait have woken: one that writes in many small transactions, as a merge
/// does, would keep them all out.
struct WriterQueue {
    /// The thread inside a write.
    private(set) var owner: pthread_t?
    private var nextTicket: UInt64 = 0
    private var serving: UInt64 = 0

    mutating func takeTicket() -> UInt64 {
        defer { nextTicket += 1 }
        return nextTicket
    }

    func isTurn(of ticket: UInt64) -> Bool { owner == nil && serving == ticket }

    mutating func begin(_ thread: pthread_t) { owner = thread }

    mutating func end() {
        owner = nil
        serving += 1
    }

    func isOwned(by thread: pthread_t) -> Bool {
        guard let owner else { return false }
        return pthread_equal(owner, thread) != 0
    }
}
