internal import LMDB
internal import Logging
internal import Platform

/// Tracks the open snapshots of a store. A snapshot keeps the pages freed since its commit from being reused, so the
/// file grows. The log therefore warns about snapshots that are held for long.
final class OpenSnapshots: Sendable {
    private struct Entry {
        let id: UInt64
        let generation: UInt64
        let since: ContinuousClock.Instant
        var isReported = false
    }

    private struct State {
        var nextID: UInt64 = 0
        /// Oldest first. There are about as many as reading threads.
        var entries: [Entry] = []
    }

    /// An open snapshot. It ends with the last reference to this.
    final class Registration: Sendable {
        private let snapshots: OpenSnapshots
        private let id: UInt64

        fileprivate init(_ snapshots: OpenSnapshots, _ id: UInt64) {
            self.snapshots = snapshots
            self.id = id
        }

        deinit { snapshots.remove(id) }
    }

    private let state = Lock(State())
    private let patience: Duration
    private let logger: Logger

    /// - Parameter patience: The time that a snapshot may be held without a warning.
    init(patience: Duration, logger: Logger) {
        self.patience = patience
        self.logger = logger
    }

    /// Registers a snapshot, and warns about the oldest one if it is overdue. Every search makes this check.
    func add(generation: UInt64) -> Registration {
        let now = ContinuousClock.now
        let (id, due) = state.withLock { state in
            let due = Self.takeDue(&state.entries, before: now - patience)
            defer { state.nextID += 1 }
            state.entries.append(Entry(id: state.nextID, generation: generation, since: now))
            return (state.nextID, due)
        }
        if let due { warn(due, now) }
        return Registration(self, id)
    }

    private func remove(_ id: UInt64) {
        let now = ContinuousClock.now
        let ended: Entry? = state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.id == id }) else { return nil }
            return state.entries.remove(at: index)
        }
        if let ended, !ended.isReported, ended.since < now - patience { warn(ended, now) }
    }

    /// The age of the oldest snapshot; zero if there is none.
    var oldestAge: Duration {
        state.withLock { state in state.entries.first.map { ContinuousClock.now - $0.since } ?? .zero }
    }

    private static func takeDue(_ entries: inout [Entry], before limit: ContinuousClock.Instant) -> Entry? {
        guard let first = entries.first, !first.isReported, first.since < limit else { return nil }
        entries[0].isReported = true
        return first
    }

    private func warn(_ entry: Entry, _ now: ContinuousClock.Instant) {
        logger.warning(
            "an old snapshot keeps the pages freed since its commit from being reused; end it, or read in parts",
            metadata: ["generation": "\(entry.generation)", "seconds": "\((now - entry.since).inSeconds)"])
    }
}
