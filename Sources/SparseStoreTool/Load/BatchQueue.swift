internal import Dispatch
internal import SparseInterchange
internal import Synchronization

/// When a batch is complete.
struct BatchLimits: Sendable {
    /// The most documents, and the most rejects.
    let documents: Int
    /// About the most bytes of memory, unless a single document is larger.
    let bytes: Int
    /// How long its first row waits at most; nil for as long as it takes.
    var age: Duration?
}

/// Collects rows from the thread that reads into batches for the thread that writes. One complete batch waits at most: with
/// the one being made and the one being written, three are in memory.
///
/// The batch being made lies here, and not with the reading thread, which may wait for its input for ever: the writing
/// thread takes it as it is when its first row has waited long enough, or when the load is interrupted.
final class BatchQueue: Sendable {
    /// What the writing thread gets.
    enum Item: Sendable {
        case batch(LoadBatch)
        case failure(CommandFailure)
        case end
    }

    private struct State {
        var growing = LoadBatch()
        /// When the first row of the growing batch came.
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
        // Not as the initial value: a semaphore must not be let go of below that, and a cancelled queue may be.
        space.signal()
    }

    /// Adds what the reader has given last, and waits for space when that completes a batch; false when nobody wants more.
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

    /// Hands over what is left, and then the end or the failure of the input.
    func finish(_ last: Item) {
        if put(nil) { _ = put(last) }
    }

    /// Waits for space and puts `item` there, or the batch that has grown, if there is one.
    private func put(_ item: Item?) -> Bool {
        space.wait()
        let isCancelled = state.withLock { state in
            guard !state.isCancelled else { return true }
            if let item {
                state.complete.append(item)
            } else if !state.growing.isEmpty {
                state.complete.append(.batch(state.takeGrowing()))
            } else {
                // The writing thread was faster.
                space.signal()
            }
            return false
        }
        items.signal()
        return !isCancelled
    }

    /// Waits for the next item. Once `interrupted` says so, no more rows are taken in, and nil follows the last that were.
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
            // Also for a thread that waits for space in vain.
            if isFromQueue || isStopping { space.signal() }
            if let item { return item }
            if isStopping { return nil }
            // A read from a terminal or a pipe may last for ever, and a signal does not wake a semaphore.
            _ = items.wait(timeout: .now() + .milliseconds(100))
        }
    }

    /// Tells the reading thread to stop.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        space.signal()
    }
}
