internal import Platform

// Which pages of the file are in memory, and how they get in and out. Nothing here loses data or moves a pointer: the
// map is read-only and shared, so a page that is gone is read from the file again when it is touched.
extension Environment {
    /// Removes the map's pages from the resident memory of this process. They stay in the system's cache and return
    /// with a minor fault each when they are touched again.
    ///
    /// The touched part of the file counts as memory of the process. A bulk load that has a memory limit calls this
    /// between its transactions. Does nothing if the system does not report where the map is.
    package func releaseResidentPages() {
        #if os(Linux)
            guard let _ = try? enter("releaseResidentPages") else { return }
            defer { leave() }
            forEachMap { base, count in _ = madvise(base, count, MADV_DONTNEED) }
        #endif
    }

    /// Removes the file's pages from this process and from the system's cache, so that whoever touches them next waits
    /// for the disk. Readers and writers go on meanwhile.
    ///
    /// Pages stay that have not been written to the disk yet, or that another process has touched in its map. All pages
    /// stay where the cache is the storage, as in tmpfs. Does nothing on systems other than Linux.
    package func dropCachedPages() {
        #if os(Linux)
            // The system keeps what a process has mapped, so that must go first.
            releaseResidentPages()
            try? withHandle("dropCachedPages") { handle in
                _ = posix_fadvise(Self.descriptor(handle), 0, 0, POSIX_FADV_DONTNEED)
            }
        #endif
    }

    /// Returns the regions of the file, in bytes from its beginning, of which more than half is in the system's cache.
    /// Regions are looked at a megabyte at a time. None on systems other than Linux.
    package func cachedRegions() -> [Range<Int>] {
        var regions: [Range<Int>] = []
        #if os(Linux)
            guard let handle = try? enter("cachedRegions") else { return [] }
            defer { leave() }
            let information = MapInformation(handle)
            let pages = Self.regionBytes / information.pageSize
            // A byte for each page, whose lowest bit is set if the page is in the cache.
            var states = [UInt8](repeating: 0, count: pages)
            forEachMap { base, count in
                // The map may be larger than the file by far.
                for begin in stride(from: 0, to: min(count, information.usedBytes), by: Self.regionBytes) {
                    let bytes = min(Self.regionBytes, count - begin)
                    guard mincore(base + begin, bytes, &states) == 0 else { return }
                    guard states.prefix(bytes / information.pageSize).count(where: { $0 & 1 == 1 }) > pages / 2 else {
                        continue
                    }
                    if let last = regions.last, last.upperBound == begin {
                        regions[regions.count - 1] = last.lowerBound..<begin + bytes
                    } else {
                        regions.append(begin..<begin + bytes)
                    }
                }
            }
        #endif
        return regions
    }

    /// Requests regions of the file from the disk. They may arrive after the method returns. Does nothing on systems
    /// other than Linux.
    package func requestPages(_ regions: [Range<Int>]) {
        #if os(Linux)
            try? withHandle("requestPages") { handle in
                for region in regions {
                    _ = posix_fadvise(
                        Self.descriptor(handle), off_t(region.lowerBound), off_t(region.count), POSIX_FADV_WILLNEED)
                }
            }
        #endif
    }

    private static let regionBytes = 1 << 20

    /// Calls `body` with the beginning and the size of each of the file's maps in this process. There is one, if the
    /// system reports it. The caller is counted as a use, so that it stays in place.
    private func forEachMap(_ body: (UnsafeMutableRawPointer, Int) -> Void) {
        for range in MemoryMaps.ranges(of: canonicalPath) {
            if let base = UnsafeMutableRawPointer(bitPattern: range.lowerBound) { body(base, range.count) }
        }
    }
}
