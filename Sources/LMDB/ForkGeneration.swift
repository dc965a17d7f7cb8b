#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How many forks lie between this process and the one that first asked. Asking for the process number instead is a system
/// call, several times as dear as the whole of `mdb_txn_begin`.
enum ForkGeneration {
    /// Written only in a forked child before anything else runs there, so plain memory does.
    nonisolated(unsafe) private static let counter: UnsafeMutablePointer<Int> = {
        let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        counter.initialize(to: 0)
        return counter
    }()

    private static let isWatching: Bool = {
        // Made before the handler can run: a child must not be the first to initialise it.
        _ = counter
        return pthread_atfork(nil, nil, { ForkGeneration.counter.pointee += 1 }) == 0
    }()

    static var current: Int {
        _ = isWatching
        return counter.pointee
    }
}
