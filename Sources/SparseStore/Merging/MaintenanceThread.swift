internal import LMDB
internal import Platform

/// A background thread that merges for one store, or for many in turn. It starts with the first requested turn.
final class MaintenanceThread: Sendable {
    private struct Turn {
        let merging: BackgroundMerging
        var begin: ContinuousClock.Instant?

        func isDue(at now: ContinuousClock.Instant) -> Bool { begin.map { $0 <= now } ?? true }
    }

    private struct State {
        var thread: WorkerThread?
        /// The process of the thread. A forked child has no thread.
        var process = WorkerThread.process
        /// The queue of turns in order of request. Each store is in it at most once.
        var turns: [Turn] = []
        var served: BackgroundMerging?
        var isEnding = false

        func next(at now: ContinuousClock.Instant) -> Int? { turns.firstIndex { $0.isDue(at: now) } }
    }

    /// The thread for all stores that share one (``Configuration/Maintenance/shared``).
    static let shared = MaintenanceThread()

    private let state = Monitor(State())

    /// Requests a turn, unless one is already queued.
    ///
    /// - Throws: `io` if the system cannot start a thread.
    func addTurn(for merging: BackgroundMerging) throws(SparseStoreError) {
        try state.withLock { state throws(SparseStoreError) in
            if state.process != WorkerThread.process { state = State() }
            guard !state.isEnding, !state.turns.contains(where: { $0.merging === merging }) else { return }
            if state.thread == nil { state.thread = try WorkerThread { [self] in run() } }
            state.turns.append(Turn(merging: merging))
        }
    }

    /// Removes a store's queued turn, and waits for its current turn.
    ///
    /// - Parameter isWaiting: Whether to wait. False for a caller that the thread may wait for.
    func removeTurns(of merging: BackgroundMerging, isWaiting: Bool) {
        state.withLock { $0.turns.removeAll { $0.merging === merging } }
        guard isWaiting else { return }
        state.withLock(waitingUpTo: nil, until: { $0.served !== merging }) { _, _ in }
    }

    /// Ends the thread, and waits for its end if that is safe.
    func end(isWaiting: Bool) {
        let thread = state.withLock { state in
            state.isEnding = true
            state.turns = []
            defer { if isWaiting { state.thread = nil } }
            return state.thread
        }
        if isWaiting { thread?.join() }
    }

    private func run() {
        while let merging = next() {
            let again = merging.takeTurn()
            state.withLock { state in
                state.served = nil
                guard let again, !merging.isStopping else { return }
                // A commit has asked for a turn meanwhile; a pause counts for it, too.
                state.turns.removeAll { $0.merging === merging }
                state.turns.append(Turn(merging: merging, begin: again.begin))
            }
        }
    }

    /// Waits for the next turn; nil if the thread should end.
    private func next() -> BackgroundMerging? {
        while true {
            let now = ContinuousClock.now
            let pause = state.withLock { $0.turns.compactMap(\.begin).min() }.map { $0 - now }
            let found: BackgroundMerging?? = state.withLock(
                waitingUpTo: pause, until: { $0.isEnding || $0.next(at: .now) != nil }
            ) { state, _ in
                if state.isEnding { return .some(nil) }
                guard let index = state.next(at: .now) else { return nil }
                state.served = state.turns.remove(at: index).merging
                return state.served
            }
            if let found { return found }
        }
    }
}
