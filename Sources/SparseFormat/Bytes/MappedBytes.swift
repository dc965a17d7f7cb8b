public import CZstd
internal import Platform

/// Pointers to bytes that do not change while anybody may read them. Threads may share them, so a view of bytes that
/// keeps its pointers in this type is `Sendable` without further argument.
///
/// This holds for two kinds of bytes, and only these are put here:
/// - Bytes in the memory map that belong to a committed value. LMDB never writes to a page that a transaction sees, and
///   the transaction is kept by whoever holds the view (`ReadView`).
/// - Bytes in memory of their own, which are written before a pointer to them is put here, and freed by an owner that
///   lives as long as the view.
@usableFromInline package struct Mapped<Pointer>: @unchecked Sendable {
    @usableFromInline package let pointer: Pointer

    @inline(__always)
    package init(_ pointer: Pointer) { self.pointer = pointer }
}

/// Asks the system to read the pages of mapped bytes from the disk, without waiting for them.
///
/// - Parameter address: An address in a file mapping; for other memory the call does nothing.
package func readAhead(_ address: UnsafeRawPointer, _ count: Int) {
    let page = 4_096
    // madvise needs the start of a page. If the page size is larger than 4 KiB, the call may fail, which does no harm.
    guard let begin = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: address) & ~UInt(page - 1)) else { return }
    _ = madvise(begin, (address - UnsafeRawPointer(begin)) + count, MADV_WILLNEED)
}

/// Prefetches the cache line at an address that will be read soon. Any address is allowed.
@inlinable package func prefetch(_ address: UnsafeRawPointer) {
    sparsestore_prefetch(address)
}
