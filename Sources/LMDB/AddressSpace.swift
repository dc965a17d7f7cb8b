#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The size of a memory map if the address space of the process is limited (`ulimit -v`). The map must not use all of
/// it: the threads and the memory of the rest of the process need some, and the process ends if they get none.
enum AddressSpace {
    /// The minimum that is left for everything but the map.
    static let room = 192 << 20
    /// More than any process needs: if the system grants this much, there is no limit.
    private static let plenty = 1 << 41

    /// The number of bytes that the system grants in one piece, less some megabytes; `Int.max` if there is no limit.
    static var available: Int {
        if grants(plenty) { return .max }
        var (granted, refused) = (0, plenty)
        while refused - granted > 4 << 20 {
            let middle = granted + (refused - granted) / 2
            if grants(middle) { granted = middle } else { refused = middle }
        }
        return granted
    }

    /// The size of a map: what is wanted if there is plenty; otherwise at most half of what is there, so that the rest of
    /// the process has as much, and at least `room`; but not less than `least`. Nil when that would leave less than `room`.
    static func mapSize(wanted: Int, least: Int, available: Int) -> Int? {
        guard wanted.addingReportingOverflow(room).partialValue > available, available != .max else { return wanted }
        guard least + room <= available else { return nil }
        return EnvironmentOptions.roundedMapSize(max(least, min(wanted, available / 2, available - room)))
    }

    static func grants(_ bytes: Int) -> Bool {
        let probe = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let probe, probe != MAP_FAILED else { return false }
        munmap(probe, bytes)
        return true
    }
}
