#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How large a map may be where the process may not have as much address space as it likes (`ulimit -v`). The map must not
/// take all there is: the threads and the memory of everything else need some, and end the process when they get none.
enum AddressSpace {
    /// What is left for everything but the map at least.
    static let room = 192 << 20
    /// More than anybody asks for: where this much is granted, nothing is limited.
    private static let plenty = 1 << 41

    /// The bytes that the system grants in one piece, some megabytes less; `Int.max` if it grants all that is asked for.
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
    /// the process has as much, but not less than `least`. Nil when that would leave less than `room`.
    static func mapSize(wanted: Int, least: Int, available: Int) -> Int? {
        guard wanted.addingReportingOverflow(room).partialValue > available, available != .max else { return wanted }
        guard least + room <= available else { return nil }
        return EnvironmentOptions.roundedMapSize(max(least, min(wanted, available / 2)))
    }

    static func grants(_ bytes: Int) -> Bool {
        let probe = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let probe, probe != MAP_FAILED else { return false }
        munmap(probe, bytes)
        return true
    }
}
