import LMDB
import Platform
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Runs the bodies on threads of their own and waits for all: tasks would share a pool of as many threads as there are
/// cores, in which a body that waits keeps out the one it waits for.
func onThreads(_ bodies: [@Sendable () throws -> Void]) {
    final class Job {
        let body: @Sendable () throws -> Void
        init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
    }
    let failures = Lock<[any Error]>([])
    var threads: [pthread_t] = []
    for body in bodies {
        let job = Job {
            do { try body() } catch { failures.withLock { $0.append(error) } }
        }
        let context = Unmanaged.passRetained(job).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            pthread_create(&thread, nil, { context in run(context) }, context)
            if let thread { threads.append(thread) }
        #else
            var thread = pthread_t()
            pthread_create(&thread, nil, { context in context.flatMap { run($0) } }, context)
            threads.append(thread)
        #endif
    }
    for thread in threads { pthread_join(thread, nil) }
    for failure in failures.withLock({ $0 }) { Issue.record(failure) }

    func run(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        try? Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
        return nil
    }
}

func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
    onThreads((0..<count).map { index in { try body(index) } })
}
