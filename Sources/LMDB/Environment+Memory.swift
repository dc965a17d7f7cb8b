import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Takes the map's pages out of this process's resident memory. They stay in the system's cache and come back, a
    /// minor fault each, when they are touched again: nothing is lost and no pointer moves.
    ///
    /// A process that has read and written much counts the touched part of the file as its own memory; a bulk load that
    /// promises a bound calls this between its transactions. Does nothing where the system does not say where the map is.
    package func releaseResidentPages() {
        #if os(Linux)
            guard let _ = try? enter("releaseResidentPages") else { return }
            defer { leave() }
            for range in MemoryMaps.ranges(of: canonicalPath) {
                guard let base = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
                // The map is read-only and shared: what is dropped is read from the file again.
                _ = madvise(base, range.count, MADV_DONTNEED)
            }
        #endif
    }
}
