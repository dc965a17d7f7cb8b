public import CZstd
internal import Platform

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
