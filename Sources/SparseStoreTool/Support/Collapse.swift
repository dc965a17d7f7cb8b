internal import SparseStore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A child process that damage to LMDB's own pages has ended.
struct Collapse {
    /// What happened, and where.
    let sentence: String
    let table: String
    let key: String

    /// - Throws: when it was no damage that ended the child.
    init(_ end: ChildProcess.End, _ place: Supervision.Place?, stallLimit: Int) throws {
        table = place?.table ?? ""
        key = place?.key ?? ""
        let moment = place.map { " \($0)" } ?? " while the file was opened"
        switch end {
        case .signalled(let signal) where [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE].contains(signal):
            sentence = "liblmdb, or what read its pages, stopped with signal \(signal) (\(Self.name(signal)))\(moment)"
        case .signalled(let signal):
            let isWish = signal == SIGINT || signal == SIGTERM
            throw CommandFailure(
                isWish ? .interrupted : .io, "the process that read the store was ended by signal \(signal); try again")
        case .stalled where place == nil:
            throw CommandFailure(
                .busy,
                "the store could not be opened within \(stallLimit) seconds; does another process keep it locked?")
        case .stalled:
            sentence = "nothing was read for \(stallLimit) seconds\(moment): pages that lead in circles"
        case .exited(let status):
            throw AlreadyReported(status: ExitStatus(rawValue: status) ?? .io)
        }
    }

    /// The same as a finding of `verify`.
    var finding: VerificationReport.Finding {
        VerificationReport.Finding(
            rule: "pages", table: table, key: key, sentence: sentence,
            remedy: "restore a backup; or `repair`, which keeps what can still be read")
    }

    /// The same as the end of another command.
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
