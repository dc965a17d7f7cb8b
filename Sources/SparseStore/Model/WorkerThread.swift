internal import Platform
internal import Synchronization

/// A dedicated thread, for work that waits for the disk or computes for long and must not block a shared thread pool.
package final class WorkerThread: @unchecked Sendable {
    /// Carries the closure through the pointer argument of a new thread.
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    // A number, or on Darwin an opaque pointer, which the compiler does not take for Sendable.
    private let thread: pthread_t
    private var isJoined = false
    private let process = WorkerThread.process

    /// Starts a thread that runs `body`.
    package init(_ body: @escaping @Sendable () -> Void) throws(SparseStoreError) {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        guard let thread = Self.create(context) else {
            Unmanaged<Body>.fromOpaque(context).release()
            throw SparseStoreError(
                .io, problem: "the system cannot start another thread",
                remedy: "raise the limits of the process (ulimit -u, ulimit -v, or the pids limit of its container)")
        }
        self.thread = thread
    }

    /// Detaches a thread that was not joined, so that it releases its resources when it ends. A forked child has no
    /// such thread.
    deinit { if !isJoined, process == WorkerThread.process { pthread_detach(thread) } }

    /// Waits for the thread to end. Call it only once.
    package func join() {
        pthread_join(thread, nil)
        isJoined = true
    }

    /// The identifier of this process.
    static var process: pid_t { getpid() }

    /// The number of processors.
    package static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Runs `body` on the calling thread and on others, and returns when all have returned. If the system cannot start
    /// more threads, fewer run `body`, which takes shares of the work until none are left.
    ///
    /// - Parameters:
    ///   - count: The maximum number of threads, including the calling one.
    ///   - start: Starts a thread, or throws.
    ///   - body: Does a share of the work.
    package static func run(
        onUpTo count: Int, start: (@escaping @Sendable () -> Void) throws -> WorkerThread = { try WorkerThread($0) },
        _ body: @Sendable () -> Void
    ) {
        withoutActuallyEscaping(body) { body in
            var others: [WorkerThread] = []
            while others.count + 1 < count, let thread = try? start(body) { others.append(thread) }
            body()
            for thread in others { thread.join() }
        }
    }

    /// Returns the value of `body` for each index below a count, in order. Each thread takes the next index that is left.
    ///
    /// - Parameters:
    ///   - threads: The maximum number of threads, including the calling one.
    ///   - isStopped: Whether to take no further index. The values of those that are left are missing.
    package static func map<R: Sendable>(
        _ count: Int, onUpTo threads: Int = processors, isStopped: @Sendable () -> Bool = { false },
        _ body: @Sendable (Int) -> R
    ) -> [R] {
        let taken = Atomic(0)
        let results = Lock([R?](repeating: nil, count: count))
        run(onUpTo: min(count, threads)) {
            while !isStopped() {
                let index = taken.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = body(index)
                results.withLock { $0[index] = result }
            }
        }
        return results.withLock { $0.compactMap(\.self) }
    }

    #if canImport(Darwin)
        private static func create(_ context: UnsafeMutableRawPointer) -> pthread_t? {
            var thread: pthread_t?
            return pthread_create(&thread, nil, { WorkerThread.run($0) }, context) == 0 ? thread : nil
        }
    #else
        private static func create(_ context: UnsafeMutableRawPointer) -> pthread_t? {
            var thread = pthread_t()
            return pthread_create(&thread, nil, { WorkerThread.run($0) }, context) == 0 ? thread : nil
        }
    #endif

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
}
