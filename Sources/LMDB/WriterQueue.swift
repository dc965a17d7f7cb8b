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
    /// Tickets of threads that have stopped waiting.
    private var abandoned: Set<UInt64> = []

    mutating func takeTicket() -> UInt64 {
        defer { nextTicket += 1 }
        return nextTicket
    }

    func isTurn(of ticket: UInt64) -> Bool { owner == nil && serving == ticket }

    mutating func begin(_ thread: pthread_t) { owner = thread }

    mutating func end() {
        owner = nil
        advance()
    }

    /// For a thread that waits no longer: its turn is passed over when it comes, or at once if it has come.
    mutating func abandon(_ ticket: UInt64) {
        if isTurn(of: ticket) { advance() } else { abandoned.insert(ticket) }
    }

    private mutating func advance() {
        repeat { serving += 1 } while abandoned.remove(serving) != nil
    }

    func isOwned(by thread: pthread_t) -> Bool {
        guard let owner else { return false }
        return pthread_equal(owner, thread) != 0
    }
}
