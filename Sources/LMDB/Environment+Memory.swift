import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Removes the map's pages from the resident memory of this process. They stay in the system's cache and return
    /// with a minor fault each when they are touched again. Nothing is lost, and no pointer becomes invalid.
    ///
    /// The touched part of the file counts as memory of the process. A bulk load that has a memory limit calls this
    /// between its transactions. Does nothing if the system does not report where the map is.
    package func releaseResidentPages() {
        #if os(Linux)
            guard let _ = try? enter("releaseResidentPages") else { return }
            defer { leave() }
            for range in MemoryMaps.ranges(of: canonicalPath) {
                guard let base = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
                // The map is read-only and shared, so dropped pages are read from the file again.
                _ = madvise(base, range.count, MADV_DONTNEED)
            }
        #endif
    }
}
