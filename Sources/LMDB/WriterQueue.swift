internal import Platform

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
                .cancelled, problem: "canceled while waiting for \(holder()), and nothing was changed",
                remedy: "try again", operation: operation, path: path)
        }
        let elapsed = ContinuousClock.now - start
        if let timeout = wait.timeout, elapsed >= timeout {
            throw LMDBError(
                .busy, problem: "waited \(timeout) for \(holder())",
                remedy: "end it, or wait longer", operation: operation, path: path)
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

// The pointer is non-Sendable to the compiler; the monitor that contains it makes it safe.
/// The state that decides who may use liblmdb's handle, protected by one monitor.
///
/// | state      | condition                    | new transactions          | the handle                    |
/// |------------|------------------------------|---------------------------|-------------------------------|
/// | open       | none of the below            | begin                     | valid                         |
/// | draining   | `isRemapping`                | wait, at most drainTimeout| valid; both may change at 0 uses |
/// | poisoned   | `needsReopen`                | refused: `needsReopen`    | only closed, not asked        |
/// | closing    | `isClosing`, `handle` set    | refused: `closed`         | closed when `uses` is 0       |
/// | closed     | `isClosing`, `handle` nil    | refused: `closed`         | gone                          |
struct GateState {
    var handle: OpaquePointer?
    /// The open file. It is reserved in `Registry` from before it was read until after the handle was closed; nil for
    /// files that are being created, which no other process knows.
    var identity: FileIdentity?
    /// Whether the folder was synced since the file got its name. If not, a power cut can bring back the file that a
    /// compaction has replaced.
    var isNameDurable = true
    /// Both live as long as the handle. Nil for files that are being created; the lock file is also nil for a reader
    /// without locks.
    var lockFile: LockFile?
    var dataLock: DataFileLock?
    /// Ended read transactions, reset and ready to be renewed, which is much cheaper than beginning one. They see no
    /// commit, so they pin no pages and block nothing, but each keeps its reader slot.
    var idleReads: [OpaquePointer] = []
    /// The number of live transactions and other calls that need the handle and the map.
    var uses = 0
    var isRemapping = false
    var isClosing = false
    var needsReopen = false
    var mapEpoch: UInt64 = 1
    /// The result of `lastTransactionID` once the handle must not be used anymore.
    var lastTransactionID: UInt64 = 0

    /// Releases the locks and the registration of the file. Called after the handle is closed.
    mutating func forget() {
        if let identity { Registry.shared.willClose(identity) }
        dataLock?.close()
        dataLock = nil
        lockFile?.close()
        lockFile = nil
        if let identity { Registry.shared.release(identity) }
        identity = nil
    }
}
