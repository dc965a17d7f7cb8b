#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Asks the system to read the pages of mapped bytes from the disk, without waiting for them.
///
/// - Parameter address: in a map of a file; elsewhere the call does nothing.
package func readAhead(_ address: UnsafeRawPointer, _ count: Int) {
    let page = 4_096
    // madvise wants the beginning of a page, of whatever size: one of a multiple of 4 KiB refuses the call at most.
    guard let begin = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: address) & ~UInt(page - 1)) else { return }
    _ = madvise(begin, (address - UnsafeRawPointer(begin)) + count, MADV_WILLNEED)
}
