#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Counts how often the calling thread has waited. In a search, it waits for the disk to load a page of the map.
enum DiskWaits {
    /// The number of times this thread has slept (voluntary context switches of getrusage(2)), either for a page that
    /// it needed first, which is a major fault, or for a page that was already being read, which is not. Always 0 if
    /// the system does not count by thread.
    static var count: Int {
        #if os(Linux)
            var usage = rusage()
            // RUSAGE_THREAD, which the headers show to GNU programs only.
            return getrusage(.init(1), &usage) == 0 ? usage.ru_nvcsw : 0
        #else
            return 0
        #endif
    }
}
