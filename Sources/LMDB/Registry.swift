import Platform

/// The files that are open in this process. liblmdb's locks belong to the process, not to the handle: a second handle
/// for the same file would be accepted silently, and closing either would drop the locks of both.
final class Registry: Sendable {
    /// The registry of this process. A forked child starts with an empty one, because it does not own its parent's
    /// locks.
    static var shared: Registry { ForkGeneration.registry }

    private enum Use {
        case open, closing
    }

    private let files = Monitor<[FileIdentity: Use]>([:])

    /// Returns false if the file is already open. Waits while it is being closed: if it was deleted, its last descriptor
    /// may be closed by now, and a new file may have got its inode.
    func reserve(_ identity: FileIdentity) -> Bool {
        files.withLock(waitingUpTo: nil, until: { $0[identity] != .closing }) { files, _ in
            guard files[identity] == nil else { return false }
            files[identity] = .open
            return true
        }
    }

    /// Call this before the last descriptor of a reserved file is closed, and `release` right after.
    func willClose(_ identity: FileIdentity) { files.withLock { $0[identity] = .closing } }

    func release(_ identity: FileIdentity) { files.withLock { $0[identity] = nil } }
}

/// The number of forks between this process and the first that called this. Asking for the process ID instead is a
/// system call, which takes several times as long as `mdb_txn_begin`.
enum ForkGeneration {
    private struct State {
        var count = 0
        var registry = Unmanaged.passRetained(Registry())
    }

    /// Written only in a forked child before any other code runs there, so plain memory is sufficient.
    nonisolated(unsafe) private static let state: UnsafeMutablePointer<State> = {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State())
        return state
    }()

    private static let isWatching: Bool = {
        // Created before the handler can run, because a child must not be the first to initialize it.
        _ = state
        // The parent's registry is not freed in the child, because one of the parent's threads may have held its lock.
        return pthread_atfork(
            nil, nil,
            {
                ForkGeneration.state.pointee = State(
                    count: ForkGeneration.state.pointee.count + 1, registry: .passRetained(Registry()))
            }) == 0
    }()

    static var current: Int {
        _ = isWatching
        return state.pointee.count
    }

    fileprivate static var registry: Registry {
        _ = isWatching
        return state.pointee.registry.takeUnretainedValue()
    }
}
