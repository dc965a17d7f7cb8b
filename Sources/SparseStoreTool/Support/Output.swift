internal import SystemPackage

/// A buffered stream of text.
final class Output {
    private let descriptor: FileDescriptor
    private let name: String
    private var buffer: [UInt8] = []

    init(_ descriptor: FileDescriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Standard output, for the thread that runs the command.
    nonisolated(unsafe) static let standard = Output(.standardOutput, name: "standard output")

    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 64 << 10 { try flush() }
    }

    func write(bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= 64 << 10 { try flush() }
    }

    /// Writes what is waiting and closes the file.
    func finish() throws {
        try flush()
        try descriptor.close()
    }

    func flush() throws {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        do {
            try descriptor.writeAll(bytes)
        } catch let errno as Errno {
            let status: ExitStatus = errno == .noSpace ? .diskFull : .io
            throw CommandFailure(status, "cannot write to \(name): \(errno); check where it is redirected")
        }
    }

    /// Writes to standard error immediately. A failure is ignored, because there is no way to report it.
    static func note(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }

    /// Writes an error as one line.
    static func complain(_ message: String) {
        note("sparsestore: \(message)\n")
    }
}
