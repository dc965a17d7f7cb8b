internal import Platform
internal import SparseStore

/// The end of a child process that was caused by damage to LMDB's pages.
struct Collapse {
    /// The event and its location.
    let sentence: String
    let table: String
    let key: String

    /// - Throws: `CommandFailure` if the child ended for another reason.
    init(_ end: ChildProcess.End, _ place: Supervision.Place?, stallLimit: Int) throws {
        table = place?.table ?? ""
        key = place?.key ?? ""
        let moment = place.map { " \($0)" } ?? " while opening the file"
        switch end {
        case .signaled(let signal) where [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE].contains(signal):
            sentence = "reading LMDB's pages stopped with signal \(signal) (\(Self.name(signal)))\(moment)"
        case .signaled(let signal):
            let isWish = signal == SIGINT || signal == SIGTERM
            throw CommandFailure(
                isWish ? .interrupted : .io, "the process that read the store was ended by signal \(signal); try again")
        case .stalled where place == nil:
            throw CommandFailure(
                .busy,
                "the store could not be opened within \(stallLimit) seconds; "
                    + "check whether another process keeps it locked"
            )
        case .stalled:
            sentence = "nothing was read for \(stallLimit) seconds\(moment), probably because pages form a loop"
        case .exited(let status):
            throw AlreadyReported(status: ExitStatus(rawValue: status) ?? .io)
        }
    }

    /// The finding that `verify` reports.
    var finding: VerificationReport.Finding {
        VerificationReport.Finding(
            rule: "pages", table: table, key: key, sentence: sentence,
            remedy: "restore a backup, or run `repair` to keep what can still be read")
    }

    /// The failure of the other commands.
    func failure(_ path: String) -> CommandFailure {
        CommandFailure(.corrupted, "'\(path)' is damaged: \(sentence); restore a backup")
    }

    private static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGSEGV: "SIGSEGV"
        case SIGBUS: "SIGBUS"
        case SIGABRT: "SIGABRT"
        case SIGILL: "SIGILL"
        case SIGFPE: "SIGFPE"
        default: "SIGTRAP"
        }
    }
}
