/// A pthread mutex around a state. `Synchronization.Mutex` would do the same, but the thread sanitizer does not see its
/// futex and reports false races. Not recursive: locking it twice on one thread deadlocks.
package final class Lock<State: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    // Not a property: each access would be checked for exclusivity, which the mutex already ensures.
    private let state: UnsafeMutablePointer<State>

    package init(_ state: consuming sending State) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        self.state = .allocate(capacity: 1)
        self.state.initialize(to: state)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    package func withLock<R: ~Copyable, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state.pointee)
    }
}

/// A lock whose holder can also wait until the state satisfies a condition. Every change wakes all waiting threads, so
/// no call site can forget to; this costs nothing if no thread waits.
package final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    // Not a property: each access would be checked for exclusivity, which the mutex already ensures.
    private let state: UnsafeMutablePointer<State>
    private var waiters = 0

    #if canImport(Darwin)
        private static var clock: clockid_t { CLOCK_REALTIME }
    #else
        private static var clock: clockid_t { CLOCK_MONOTONIC }
    #endif

    package init(_ state: State) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        changed = .allocate(capacity: 1)
        changed.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        #if !canImport(Darwin)
            // The wall clock may jump, but a timeout must not.
            pthread_condattr_setclock(&attributes, Self.clock)
        #endif
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
        self.state = .allocate(capacity: 1)
        self.state.initialize(to: state)
    }

    deinit {
        pthread_cond_destroy(changed)
        changed.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    package func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { release() }
        return try body(&state.pointee)
    }

    /// Waits for the condition, but not longer than the timeout, and then runs the body. The second argument of the
    /// body is whether the condition holds.
    package func withLock<R, E: Error>(
        waitingUpTo timeout: Duration?, until isReady: (State) -> Bool, _ body: (inout State, Bool) throws(E) -> R
    ) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { release() }
        var ready = isReady(state.pointee)
        if !ready {
            waiters += 1
            let deadline = timeout.map(Self.deadline(after:))
            while !ready {
                let status =
                    if var deadline {
                        pthread_cond_timedwait(changed, mutex, &deadline)
                    } else {
                        pthread_cond_wait(changed, mutex)
                    }
                ready = isReady(state.pointee)
                if status == ETIMEDOUT { break }
            }
            waiters -= 1
        }
        return try body(&state.pointee, ready)
    }

    private func release() {
        if waiters > 0 { pthread_cond_broadcast(changed) }
        pthread_mutex_unlock(mutex)
    }

    private static func deadline(after timeout: Duration) -> timespec {
        var now = timespec()
        clock_gettime(clock, &now)
        let (seconds, attoseconds) = timeout.components
        let nanoseconds = Int(now.tv_nsec) + Int(attoseconds / 1_000_000_000)
        // A century is practically forever and cannot overflow.
        let whole = Int(min(seconds, 3_000_000_000)) + nanoseconds / 1_000_000_000
        now.tv_sec += time_t(whole)
        now.tv_nsec = numericCast(nanoseconds % 1_000_000_000)
        return now
    }
}

/// Things that are expensive to make, kept for reuse. There are at most as many as were in use at the same time.
///
/// Threads may share it: a thing is in the pool or lent to one caller, never both, and it is handed over under a lock.
package final class Pool<Element>: @unchecked Sendable {
    private let idle = Lock<[Element]>([])
    private let make: () -> Element

    package init(_ make: @escaping @Sendable () -> Element) { self.make = make }

    /// Lends a thing to `body`. It must not be used after `body` has returned.
    package func with<R>(_ body: (Element) throws -> R) rethrows -> R {
        let element = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(element) } }
        return try body(element)
    }
}
