internal import Dispatch
internal import SparseInterchange
internal import Synchronization

/// When a batch is complete.
struct BatchLimits: Sendable {
    /// The maximum number of documents, and also of rejects.
    let documents: Int
    /// The approximate maximum of memory in bytes, unless a single document is larger.
    let bytes: Int
    /// The maximum time that the first row of a batch waits; nil for no limit.
    var age: Duration?
}

/// Collects the rows of the reading thread into batches for the writing thread. At most one complete batch waits. With
/// the growing batch and the batch being written, three batches are in memory.
///
/// The queue holds the growing batch, because the reading thread may wait for input forever. The writing thread takes
/// the growing batch when its first row has waited long enough, or when the load is interrupted.
final class BatchQueue: Sendable {
    /// An item for the writing thread.
    enum Item: Sendable {
        case batch(LoadBatch)
        case failure(CommandFailure)
        case end
    }

    private struct State {
        var growing = LoadBatch()
        /// When the first row of the growing batch arrived.
        var since: ContinuousClock.Instant?
        var complete: [Item] = []
        var isCancelled = false

        mutating func takeGrowing() -> LoadBatch {
            defer { (growing, since) = (LoadBatch(), nil) }
            return growing
        }
    }

    private let limits: BatchLimits
    private let state = Mutex(State())
    private let items = DispatchSemaphore(value: 0)
    private let space = DispatchSemaphore(value: 0)

    init(_ limits: BatchLimits) {
        self.limits = limits
        // Signaled here and not passed as the initial value: a semaphore must not be released while its value is below
        // the initial one, which can happen to a cancelled queue.
        space.signal()
    }

    /// Adds the last row of the reader, and waits for space if that completes a batch. Returns false if the queue was
    /// cancelled.
    func add(_ row: DocumentRow, from reader: some DocumentReader) -> Bool {
        let isComplete: Bool? = state.withLock { state in
            guard !state.isCancelled else { return nil }
            if state.since == nil { state.since = .now }
            state.growing.add(row, from: reader)
            return state.growing.isComplete(limits)
        }
        guard let isComplete else { return false }
        return !isComplete || put(nil)
    }

    /// Hands over the last batch, and then the end or the failure of the input.
    func finish(_ last: Item) {
        if put(nil) { _ = put(last) }
    }

    /// Waits for space, then enqueues `item`, or the growing batch if it has rows.
    private func put(_ item: Item?) -> Bool {
        space.wait()
        let isCancelled = state.withLock { state in
            guard !state.isCancelled else { return true }
            if let item {
                state.complete.append(item)
            } else if !state.growing.isEmpty {
                state.complete.append(.batch(state.takeGrowing()))
            } else {
                // The writing thread has taken the batch already.
                space.signal()
            }
            return false
        }
        items.signal()
        return !isCancelled
    }

    /// Waits for the next item. Once `interrupted` returns true, no more rows are accepted; after the rows accepted so
    /// far, the result is nil.
    func take(interrupted: () -> Bool) -> Item? {
        while true {
            let isStopping = interrupted()
            let (item, isFromQueue): (Item?, Bool) = state.withLock { state in
                if isStopping { state.isCancelled = true }
                if !state.complete.isEmpty { return (state.complete.removeFirst(), true) }
                guard let since = state.since else { return (nil, false) }
                let isDue = limits.age.map { ContinuousClock.now - since >= $0 } ?? false
                return isStopping || isDue ? (.batch(state.takeGrowing()), false) : (nil, false)
            }
            // This also wakes a thread that waits for space.
            if isFromQueue || isStopping { space.signal() }
            if let item { return item }
            if isStopping { return nil }
            // A read from a terminal or a pipe may block forever, and a signal does not wake a semaphore.
            _ = items.wait(timeout: .now() + .milliseconds(100))
        }
    }

    /// Tells the reading thread to stop.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        space.signal()
    }
}
