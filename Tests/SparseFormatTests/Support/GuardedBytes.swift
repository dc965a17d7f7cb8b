#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Memory that ends at a page nobody may touch: reading one byte too far ends the process.
final class GuardedBytes {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private let length: Int

    init?(capacity wanted: Int = 1 << 18) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        capacity = (wanted + page - 1) / page * page
        length = capacity + page
        let flags = MAP_PRIVATE | MAP_ANON
        guard let memory = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
            return nil
        }
        base = memory
        guard mprotect(base + capacity, page, PROT_NONE) == 0 else { return nil }
    }

    deinit { munmap(base, length) }

    /// Calls the closure with a copy of the bytes right before the guard.
    func with<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        guard bytes.count <= capacity else { return try bytes.withUnsafeBytes(body) }
        let target = UnsafeMutableRawBufferPointer(start: base + capacity - bytes.count, count: bytes.count)
        target.copyBytes(from: bytes)
        return try body(UnsafeRawBufferPointer(target))
    }
}
