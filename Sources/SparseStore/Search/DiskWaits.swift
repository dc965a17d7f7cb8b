#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How often the calling thread has waited, which in a search it does for the disk to bring a page of the map.
enum DiskWaits {
    /// How often this thread has slept so far (voluntary context switches of getrusage(2)): for a page that it was the first
    /// to need, which is a major fault, or for one that has been asked for and is on its way, which is none. Always 0 where
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
