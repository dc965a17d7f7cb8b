#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The files open in this process. liblmdb's locks belong to the process, not to the handle: a second handle on the same
/// file would be let in silently, and closing either would drop the locks of both.
final class Registry: Sendable {
    /// That of this process: a forked child begins with an empty one, since its parent's locks are not its own.
    static var shared: Registry { ForkGeneration.registry }

    private let open = Lock<Set<FileIdentity>>([])

    /// False if the file is open already.
    func reserve(_ identity: FileIdentity) -> Bool {
        open.withLock { $0.insert(identity).inserted }
    }

    func release(_ identity: FileIdentity) {
        open.withLock { _ = $0.remove(identity) }
    }
}

/// How many forks lie between this process and the one that first asked. Asking for the process number instead is a system
/// call, several times as dear as the whole of `mdb_txn_begin`.
enum ForkGeneration {
    private struct State {
        var count = 0
        var registry = Unmanaged.passRetained(Registry())
    }

    /// Written only in a forked child before anything else runs there, so plain memory does.
    nonisolated(unsafe) private static let state: UnsafeMutablePointer<State> = {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State())
        return state
    }()

    private static let isWatching: Bool = {
        // Made before the handler can run: a child must not be the first to initialize it.
        _ = state
        // The parent's registry is not freed in the child: one of the parent's threads may have held its lock.
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
