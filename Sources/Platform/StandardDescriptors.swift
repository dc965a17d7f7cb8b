/// Keeps files off the descriptors 0, 1 and 2. A process may start with them closed, or close them, and the system
/// assigns the lowest free number to the next file that is opened. A message to standard error would then be written
/// into that file.
package enum StandardDescriptors {
    /// The lowest descriptor that a file may have.
    package static let firstFree: Int32 = 3

    /// Opens /dev/null on each of the three that is closed, and leaves it open, as SQLite does (`robust_open` in
    /// os_unix.c): closing it again could close a file that another thread has opened there since.
    package static func occupy() {
        // As long as one of the three is free, `open` returns the lowest of them.
        while (0..<firstFree).contains(where: { !isOpen($0) }) {
            let descriptor = open("/dev/null", O_RDWR)
            guard (0..<firstFree).contains(descriptor) else {
                // Another thread was faster, or nothing can be opened.
                if descriptor >= 0 { close(descriptor) }
                return
            }
        }
    }

    /// Opens a file like open(2), on a descriptor above 2. Returns -1 with `errno` set if that fails.
    ///
    /// - Parameter mode: The permissions of a new file.
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
