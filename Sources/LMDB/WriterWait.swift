#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How a write waits for another writer.
package struct WriterWait: Sendable {
    /// The holder of the write turn.
    package enum Holder: Sendable, Hashable, CustomStringConvertible {
        case thread, process(Int32), anotherProcess

        package var description: String {
            switch self {
            case .thread: "another write of this process"
            case .process(let number): "process \(number), which is writing"
            case .anotherProcess: "another process, which is writing"
            }
        }
    }

    /// The maximum time to wait before failing with `busy`; nil for no limit.
    package var timeout: Duration?
    /// Called once for each write that has waited for a second, on its thread.
    package var announce: @Sendable (Holder) -> Void = { _ in }
    /// Called often while waiting, on the thread of the write; if it returns true, the wait ends with `cancelled`.
    package var isCancelled: @Sendable () -> Bool = { false }

    package init() {}
}

/// Tracks how long one write has waited, and whether it may continue to wait.
struct Patience {
    /// The interval at which waiting threads of a process check for cancellation. Releasing the turn wakes them.
    static let threadStep = Duration.milliseconds(20)

    private let wait: WriterWait
    private let operation: String
    private let path: String
    private var start: ContinuousClock.Instant?
    private var isAnnounced = false

    init(_ wait: WriterWait, _ operation: String, _ path: String) {
        self.wait = wait
        self.operation = operation
        self.path = path
    }

    /// Called before each step of waiting, and before the first attempt.
    mutating func check(isCancelled: () -> Bool, _ holder: () -> WriterWait.Holder) throws(LMDBError) {
        guard let start else {
            start = .now
            return
        }
        if isCancelled() || wait.isCancelled() {
            throw LMDBError(
                .cancelled, "cancelled while waiting for \(holder()), and nothing was changed; try again",
                operation: operation,
                path: path)
        }
        let elapsed = ContinuousClock.now - start
        if let timeout = wait.timeout, elapsed >= timeout {
            throw LMDBError(
                .busy, "waited \(timeout) for \(holder()); end it, or wait longer", operation: operation, path: path)
        }
        if !isAnnounced, elapsed >= .seconds(1) {
            isAnnounced = true
            wait.announce(holder())
        }
    }

    /// Sleeps for a moment. Processes are not woken when another releases the lock, so they poll often, and less often
    /// after ten seconds.
    func pause() {
        let isLong = start.map { ContinuousClock.now - $0 > .seconds(10) } ?? false
        usleep(isLong ? 10_000 : 1_000)
    }
}
