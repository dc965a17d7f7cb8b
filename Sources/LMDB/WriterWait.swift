#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a write does while another writer keeps it waiting.
package struct WriterWait: Sendable {
    /// Who is waited for.
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

    /// How long to wait before giving up with `busy`; nil for as long as it takes.
    package var timeout: Duration?
    /// Called once for each write that has waited for a second, on its thread.
    package var announce: @Sendable (Holder) -> Void = { _ in }
    /// Asked often while waiting, on the thread of the write; true ends the wait with `cancelled`.
    package var isCancelled: @Sendable () -> Bool = { false }

    package init() {}
}

/// How long one write has waited, and whether it still may.
struct Patience {
    /// How long threads of one process sleep between two looks at cancellations. Whoever lets go wakes them.
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

    /// Called before each step of waiting, and before the first try.
    mutating func check(isCancelled: () -> Bool, _ holder: () -> WriterWait.Holder) throws(LMDBError) {
        guard let start else {
            start = .now
            return
        }
        if isCancelled() || wait.isCancelled() {
            throw LMDBError(
                .cancelled, "cancelled while waiting for \(holder()); that write has changed nothing",
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

    /// Sleeps a moment. Nobody wakes a process when another lets go, so it looks often, and less so after ten seconds.
    func pause() {
        let isLong = start.map { ContinuousClock.now - $0 > .seconds(10) } ?? false
        usleep(isLong ? 10_000 : 1_000)
    }
}
