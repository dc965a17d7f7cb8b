#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread of its own: what waits for the disk or computes for long must not hold a thread of a shared pool.
package final class WorkerThread: @unchecked Sendable {
    /// Carries the closure through the pointer a thread is started with.
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
                .io,
                "the system starts no further thread; allow this process more of them (ulimit -u, ulimit -v, or the pids "
                    + "limit of its container)")
        }
        self.thread = thread
    }

    /// One that nobody waits for gives back what it has when it ends. A forked child has no such thread.
    deinit { if !isJoined, process == WorkerThread.process { pthread_detach(thread) } }

    /// Waits for the thread to end. By one caller, and once.
    package func join() {
        pthread_join(thread, nil)
        isJoined = true
    }

    /// The number of this process.
    static var process: pid_t { getpid() }

    /// How many processors are there to run threads.
    package static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Runs `body` on the calling thread and on others, and returns when it has returned on all of them. Where the system
    /// starts no further thread, fewer run it: `body` takes its share of the work until none is left.
    ///
    /// - Parameters:
    ///   - count: how many threads at most, the calling one included.
    ///   - start: starts a thread, or throws.
    ///   - body: does a share of the work.
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
