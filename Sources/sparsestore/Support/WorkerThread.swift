#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread of its own: a search or a read that waits for the disk must not hold a thread of a shared pool.
final class WorkerThread {
    /// Carries the closure through the pointer a thread is started with.
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    private init(_ thread: pthread_t) { self.thread = thread }

    /// Starts a thread that runs `body`.
    static func start(_ body: sending @escaping () -> Void) throws -> WorkerThread {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(&thread, nil, { run($0) }, context)
        #else
            var created = pthread_t()
            let status = pthread_create(&created, nil, { run($0) }, context)
            let thread: pthread_t? = created
        #endif
        guard status == 0, let thread else {
            Unmanaged<Body>.fromOpaque(context).release()
            throw CommandFailure(.io, "cannot start a thread (error \(status)); use fewer threads")
        }
        return WorkerThread(thread)
    }

    /// Waits for the thread to end.
    func join() { pthread_join(thread, nil) }

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
}
