/// Memory aligned to a cache line, which is freed with the value.
final class AlignedArray<Element: BitwiseCopyable & ExpressibleByIntegerLiteral> {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    /// - Parameter isZeroed: Whether to clear the memory. If false, the caller writes each element before reading it.
    init(count: Int, isZeroed: Bool = true) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: count)
        if isZeroed { base.initialize(repeating: 0, count: count) }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}
