#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Keeps the descriptors 0, 1 and 2 away from files. A process may start with them closed, or close them, and the system
/// gives the lowest free number to whatever is opened next. Whoever writes a message to standard error would then write
/// it into that file.
package enum StandardDescriptors {
    /// The lowest number that a file of ours may have.
    package static let firstFree: Int32 = 3

    /// Opens /dev/null on each of the three that is closed, and leaves it open, as SQLite does
    /// (`robust_open` in os_unix.c): closing it again could close what another thread has put there since.
    package static func occupy() {
        // As long as one of the three is free, the lowest of them is what `open` takes.
        while (0..<firstFree).contains(where: { !isOpen($0) }) {
            let descriptor = open("/dev/null", O_RDWR)
            guard (0..<firstFree).contains(descriptor) else {
                // Another thread was faster, or nothing can be opened at all.
                if descriptor >= 0 { close(descriptor) }
                return
            }
        }
    }

    /// Opens a file as open(2) does, on a descriptor above 2. Returns -1 with `errno` set when that fails.
    ///
    /// - Parameter mode: permissions of a file that is made.
    package static func openFile(_ path: UnsafePointer<CChar>, _ flags: Int32, mode: UInt16 = 0) -> Int32 {
        occupy()
        let low = open(path, flags | O_CLOEXEC, mode_t(mode))
        guard (0..<firstFree).contains(low) else { return low }
        // Another thread has closed one of the three since: move the file up and occupy its place.
        let moved = fcntl(low, F_DUPFD_CLOEXEC, firstFree)
        let reason = errno
        close(low)
        occupy()
        errno = reason
        return moved
    }

    private static func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) != -1 }
}
