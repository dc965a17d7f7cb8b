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
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    /// Starts a thread that runs `body`.
    init(_ body: @escaping @Sendable () -> Void) throws {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        guard let thread = Self.create(context) else {
            Unmanaged<Body>.fromOpaque(context).release()
            throw CommandFailure(.io, "cannot start a thread; use fewer threads")
        }
        self.thread = thread
    }

    /// Waits for the thread to end.
    func join() { pthread_join(thread, nil) }

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
