#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How often the calling thread has waited for the disk to bring a page of the map.
enum DiskWaits {
    /// Major page faults of this thread so far (getrusage(2)); always 0 where the system does not count them by thread.
    static var count: Int {
        #if os(Linux)
            var usage = rusage()
            // RUSAGE_THREAD, which the headers show to GNU programs only.
            return getrusage(.init(1), &usage) == 0 ? usage.ru_majflt : 0
        #else
            return 0
        #endif
    }
}
