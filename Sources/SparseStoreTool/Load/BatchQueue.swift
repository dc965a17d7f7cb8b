internal import Dispatch
internal import Synchronization

/// Hands batches from the thread that reads to the thread that writes. One batch waits at most: with the one being made
/// and the one being written, three are in memory.
final class BatchQueue: Sendable {
    /// What the reading thread has to say.
    enum Item: Sendable {
        case batch(LoadBatch)
        case failure(CommandFailure)
        case end
    }

    private let waiting = Mutex<[Item]>([])
    private let cancelled = Atomic<Bool>(false)
    private let items = DispatchSemaphore(value: 0)
    private let space = DispatchSemaphore(value: 0)

    init() {
        // Not as the initial value: a semaphore must not be let go of below that, and a cancelled queue may be.
        space.signal()
    }

    /// Waits for space and puts `item` there; false when nobody wants it any more.
    func put(_ item: Item) -> Bool {
        space.wait()
        guard !cancelled.load(ordering: .acquiring) else { return false }
        waiting.withLock { $0.append(item) }
        items.signal()
        return true
    }

    /// Waits for the next item; nil once `interrupted` says so.
    func take(interrupted: () -> Bool) -> Item? {
        while !interrupted() {
            // A read from a terminal or a pipe may last for ever, and a signal does not wake a semaphore.
            guard items.wait(timeout: .now() + .milliseconds(100)) == .success else { continue }
            let item = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            space.signal()
            return item ?? .end
        }
        return nil
    }

    /// Tells the reading thread to stop.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
        space.signal()
    }
}
