internal import Platform

/// Runs this command again in a child process. liblmdb trusts its file, so damaged pages can crash the process that
/// reads them, or keep it busy forever. The child reports its progress through a pipe.
final class ChildProcess {
    /// How the child process ended.
    enum End: Equatable {
        case exited(Int32)
        case signaled(Int32)
        /// The child reported nothing for too long and was killed.
        case stalled
    }

    /// The descriptor of the pipe in the child.
    static let progressDescriptor: Int32 = 3

    private var process: pid_t = 0
    private let pipe: Int32

    /// - Parameters:
    ///   - arguments: The arguments after the command's name.
    ///   - isSilent: Whether to discard the child's standard output.
    init(_ arguments: [String], isSilent: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        guard Self.open(&ends) else { throw Self.failure(errno) }
        defer { close(ends[1]) }
        pipe = ends[0]
        do {
            process = try Spawn.start(
                Self.executable(), [CommandLine.arguments.first ?? "sparsestore"] + arguments,
                // A backtrace of a fault in liblmdb does not help a user.
                adding: ["SWIFT_BACKTRACE=enable=no"]
            ) { actions in
                posix_spawn_file_actions_adddup2(&actions, ends[1], Self.progressDescriptor)
                if isSilent { posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) }
            }
        } catch {
            close(pipe)
            throw Self.failure(error.number)
        }
    }

    /// Waits for the child to end, and calls `line` with each line that it reports.
    ///
    /// - Parameter stallLimit: The number of seconds without a report after which the child is killed.
    func wait(stallLimit: Int, _ line: (Substring) -> Void) -> End {
        defer { close(pipe) }
        var isStalled = false
        var isToldToStop = false
        var watch = Stopwatch()
        var rest = ""
        while true {
            if InterruptFlag.isSet, !isToldToStop {
                kill(process, SIGTERM)
                isToldToStop = true
            }
            if !isStalled, watch.seconds > Double(stallLimit) {
                kill(process, SIGKILL)
                isStalled = true
            }
            var state = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 200) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(pipe, &buffer, buffer.count)
            if count == 0 || (count < 0 && errno != EINTR) { break }
            guard count > 0 else { continue }
            watch = Stopwatch()
            rest += String(decoding: buffer[..<count], as: UTF8.self)
            let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
            for whole in lines.dropLast() { line(whole) }
            rest = String(lines.last ?? "")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if isStalled { return .stalled }
        // Swift does not import the macros that decode a wait status.
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signaled(status & 0x7F)
    }

    private static func open(_ ends: inout [Int32]) -> Bool {
        #if canImport(Darwin)
            guard Darwin.pipe(&ends) == 0 else { return false }
        #elseif canImport(Musl)
            guard Musl.pipe(&ends) == 0 else { return false }
        #else
            guard Glibc.pipe(&ends) == 0 else { return false }
        #endif
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return true
    }

    private static func executable() -> String {
        #if canImport(Darwin)
            var size = UInt32(PATH_MAX)
            var path = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments[0] }
            return path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        #else
            return "/proc/self/exe"
        #endif
    }

    private static func failure(_ status: Int32) -> CommandFailure {
        let remedy =
            status == EAGAIN || status == ENOMEM
            ? "end other processes, or raise the limits of processes and memory (ulimit -u, ulimit -v, container)"
            : "try again"
        return CommandFailure(
            .io, "cannot start a child process to read the store: \(String(cString: strerror(status))); \(remedy)")
    }
}
