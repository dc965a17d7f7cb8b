internal import LMDB

/// A thread that merges in the background: for one store, or for many in turn. It begins with the first turn that is asked
/// for.
final class MaintenanceThread: Sendable {
    private struct Turn {
        let merging: BackgroundMerging
        var begin: ContinuousClock.Instant?

        func isDue(at now: ContinuousClock.Instant) -> Bool { begin.map { $0 <= now } ?? true }
    }

    private struct State {
        var thread: WorkerThread?
        /// The process that the thread belongs to: a forked child has none.
        var process = WorkerThread.process
        /// First come, first served; each is in it once at the most.
        var turns: [Turn] = []
        var served: BackgroundMerging?
        var isEnding = false

        func next(at now: ContinuousClock.Instant) -> Int? { turns.firstIndex { $0.isDue(at: now) } }
    }

    /// The one of all stores that share a thread (``Configuration/Maintenance/shared``).
    static let shared = MaintenanceThread()

    private let state = Monitor(State())

    /// Asks for a turn, unless one is waited for already.
    ///
    /// - Throws: `io` when the system starts no further thread.
    func addTurn(for merging: BackgroundMerging) throws(SparseStoreError) {
        try state.withLock { state throws(SparseStoreError) in
            if state.process != WorkerThread.process { state = State() }
            guard !state.isEnding, !state.turns.contains(where: { $0.merging === merging }) else { return }
            if state.thread == nil { state.thread = try WorkerThread { [self] in run() } }
            state.turns.append(Turn(merging: merging))
        }
    }

    /// Drops the turn that a store waits for, and waits for the one that it has.
    ///
    /// - Parameter isWaiting: false for a caller that the thread may itself wait for.
    func removeTurns(of merging: BackgroundMerging, isWaiting: Bool) {
        state.withLock { $0.turns.removeAll { $0.merging === merging } }
        guard isWaiting else { return }
        state.withLock(waitingUpTo: nil, until: { $0.served !== merging }) { _, _ in }
    }

    /// Ends the thread, and waits for its end where that is safe.
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

    /// Waits for the next turn; nil when the thread shall end.
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
