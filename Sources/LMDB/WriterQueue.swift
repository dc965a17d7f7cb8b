#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The threads of this process that write or wait to write, in order of arrival. With only a lock, the thread that has
/// just released it can take it again before a waiting thread wakes up, so a thread that writes in many small
/// transactions, such as a merge, would keep all others out.
struct WriterQueue {
    /// The thread that is writing.
    private(set) var owner: pthread_t?
    private var nextTicket: UInt64 = 0
    private var serving: UInt64 = 0
    /// The tickets of threads that have stopped waiting.
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

    /// Removes a thread that no longer waits: its turn is skipped when it comes, or immediately if it has come.
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
