internal import SparseInterchange
internal import SparseStore

/// The end of a command that did not do what it was asked, with the line a person reads and the process's exit code.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    /// What went wrong; then, after a semicolon, the remedy.
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The failure that any error of ours amounts to.
    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as SparseStoreError: self.init(ExitStatus(error.code), error.message)
        case let error as PartialAnswer: self.init(ExitStatus(error.failures[0].error.code), error.description)
        case let error as ShardFailure: self.init(ExitStatus(error.error.code), error.description)
        case let error as InterchangeError: self.init(ExitStatus(error.code), error.message)
        case let error as VectorError: self.init(.invalidInput, error.message)
        default: self.init(.io, "\(error); this is a defect, please report it")
        }
    }

    /// Whether the error is of a kind that this type words.
    static func isOurs(_ error: any Error) -> Bool {
        error is CommandFailure || error is SparseStoreError || error is InterchangeError || error is VectorError
            || error is PartialAnswer || error is ShardFailure
    }

    var description: String { message }
}
