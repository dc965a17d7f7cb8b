internal import ArgumentParser
internal import SparseStore
internal import SystemPackage

/// How a command that reads a store which may be damaged is looked after: it runs in a child process.
struct Supervision: ParsableArguments {
    @Option(help: "Give up when nothing was read for so many seconds: damage can lead in circles.")
    var stallLimit = 120

    /// Set in the child: the descriptor to tell progress to.
    @Option(help: .hidden)
    var progressDescriptor: Int32?

    func validate() throws {
        guard (1...86_400).contains(stallLimit) else {
            throw ValidationError("--stall-limit is to be 1 to 86400 seconds, not \(stallLimit)")
        }
    }

    var isChild: Bool { progressDescriptor != nil }

    /// Where a child was when it was last heard of.
    struct Place: CustomStringConvertible {
        var work = ""
        var table = ""
        var key = ""
        var values = 0

        /// Reads what `tell` has written.
        init?(_ line: Substring) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let values = Int(fields[3]) else { return nil }
            (work, table, key, self.values) = (fields[0], fields[1], fields[2], values)
        }

        var description: String { "in table '\(table)', at or soon after key \(key.isEmpty ? "0" : key)" }
    }

    /// In the child: tells where it is. Throws when it is to stop.
    func tell(_ work: String, _ table: String, _ key: String, _ values: Int) throws {
        if InterruptFlag.isSet { throw CommandFailure(.interrupted, "interrupted; nothing was changed") }
        guard let progressDescriptor else { return }
        do {
            try FileDescriptor(rawValue: progressDescriptor).writeAll("\(work)\t\(table)\t\(key)\t\(values)\n".utf8)
        } catch {
            throw CommandFailure(.interrupted, "nobody listens any more")
        }
    }

    /// In the parent: runs the command again in a child with the same arguments, or with those given.
    ///
    /// - Returns: nil when all went well; what ended the child when that was damage.
    /// - Throws: `AlreadyReported` when the child has said itself what was wrong.
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
        case .signalled, .stalled: return try Collapse(end, place, stallLimit: stallLimit)
        }
    }

    /// Verifies a file in a process of its own, which says itself what it finds.
    func verify(_ file: String, isDeep: Bool, _ access: AccessOptions) throws {
        let arguments =
            ["verify", file, "--stall-limit", "\(stallLimit)"] + (isDeep ? ["--deep"] : []) + access.arguments
        if let collapse = try run(arguments, isSilent: true) { throw collapse.failure(file) }
    }
}

/// The end of a child that has reported itself what went wrong.
struct AlreadyReported: Error {
    let status: ExitStatus
}
