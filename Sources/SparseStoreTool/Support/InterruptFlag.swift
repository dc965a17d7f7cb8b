internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Set by SIGINT and SIGTERM, for a command that wants to stop at a good place. A second signal ends the process at once.
enum InterruptFlag {
    private static let flag = Atomic<Bool>(false)
    private static let isInstalled = Atomic<Bool>(false)

    static var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Sets the flag, as a signal does.
    static func set() { flag.store(true, ordering: .relaxed) }

    /// Begins to listen, even where whoever started the process had the signals ignored or blocked: a shell does the one
    /// to a command in the background, a thread pool the other.
    static func install() {
        // A second time would take the handler back from the second signal, which is to end the process.
        guard !isInstalled.exchange(true, ordering: .relaxed) else { return }
        // The flag must exist before a handler touches it: its first use initialises it.
        _ = isSet
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM] {
            var action = sigaction()
            #if canImport(Darwin)
                action.__sigaction_u.__sa_handler = { _ in InterruptFlag.set() }
            #else
                action.__sigaction_handler.sa_handler = { _ in InterruptFlag.set() }
            #endif
            action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
            sigaction(signal, &action, nil)
            sigaddset(&signals, signal)
        }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
