internal import ArgumentParser
internal import SparseStore
internal import SystemPackage

/// Supervises a command that reads a possibly damaged store, by running it in a child process.
struct Supervision: ParsableArguments {
    @Option(help: "Give up after this many seconds without progress, because damage can cause endless loops.")
    var stallLimit = 120

    /// The descriptor to which a child reports progress; nil in the parent.
    @Option(help: .hidden)
    var progressDescriptor: Int32?

    func validate() throws {
        guard (1...86_400).contains(stallLimit) else {
            throw ValidationError("--stall-limit must be between 1 and 86400 seconds, not \(stallLimit)")
        }
    }

    var isChild: Bool { progressDescriptor != nil }

    /// The last position that a child reported.
    struct Place: CustomStringConvertible {
        var work = ""
        var table = ""
        var key = ""
        var values = 0

        /// Parses a line that `tell` has written.
        init?(_ line: Substring) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let values = Int(fields[3]) else { return nil }
            (work, table, key, self.values) = (fields[0], fields[1], fields[2], values)
        }

        var description: String { "in table '\(table)', at or soon after key \(key.isEmpty ? "0" : key)" }
    }

    /// Reports the position of the child to its parent. Throws if the child must stop.
    func tell(_ progress: VerificationProgress) throws {
        if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; nothing was changed") }
        guard let progressDescriptor else { return }
        do {
            let line = "\(progress.check)\t\(progress.table)\t\(progress.key)\t\(progress.values)\n"
            try FileDescriptor(rawValue: progressDescriptor).writeAll(line.utf8)
        } catch {
            throw CommandFailure(.interrupted, "the parent process has ended; run the command again")
        }
    }

    /// Runs the command again in a child process, with the same arguments or with those given.
    ///
    /// - Returns: Nil if the child succeeded; the reason if damage ended the child.
    /// - Throws: `AlreadyReported` if the child has printed its error.
    func run(_ arguments: [String]? = nil, isSilent: Bool = false) throws -> Collapse? {
        InterruptFlag.install()
        let arguments = arguments ?? Array(CommandLine.arguments.dropFirst())
        let child = try ChildProcess(
            arguments + ["--progress-descriptor", "\(ChildProcess.progressDescriptor)"], isSilent: isSilent)
        var place: Place?
        let progress = ProgressLine()
        let end = child.wait(stallLimit: stallLimit) { line in
            place = Place(line) ?? place
            guard let place else { return }
            progress.update("\(place.work): \(Figures.count(place.values)) values read")
        }
        progress.clear()
        switch end {
        case .exited(0): return nil
        case .exited(let status): throw AlreadyReported(status: ExitStatus(rawValue: status) ?? .io)
        case .signaled, .stalled: return try Collapse(end, place, stallLimit: stallLimit)
        }
    }

    /// Verifies a file in a child process, which prints its findings.
    func verify(_ file: String, isDeep: Bool, _ access: AccessOptions) throws {
        let arguments =
            ["verify", file, "--stall-limit", "\(stallLimit)"] + (isDeep ? ["--deep"] : []) + access.arguments
        if let collapse = try run(arguments, isSilent: true) { throw collapse.failure(file) }
    }
}

/// The failure of a child process that has already printed its error.
struct AlreadyReported: Error {
    let status: ExitStatus
}
