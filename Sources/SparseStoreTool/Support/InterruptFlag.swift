internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A flag that SIGINT and SIGTERM set, so that a command can stop at a safe point. A second signal ends the process
/// immediately.
enum InterruptFlag {
    private static let flag = Atomic<Bool>(false)
    private static let isInstalled = Atomic<Bool>(false)

    static var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Sets the flag as a signal would.
    static func set() { flag.store(true, ordering: .relaxed) }

    /// Installs the signal handlers, even if the signals are ignored or blocked: a shell ignores them for background
    /// commands, and a thread pool blocks them.
    static func install() {
        // Installing twice would catch the second signal too, which must end the process.
        guard !isInstalled.exchange(true, ordering: .relaxed) else { return }
        // The first use initializes the flag. That must happen before a handler runs.
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
