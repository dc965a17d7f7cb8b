internal import SparseInterchange
internal import SparseStore

/// The failure of a command, with its message and the exit code of the process.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    /// The problem, followed by a semicolon and the remedy.
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Converts any error of the project's modules to a failure.
    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as SparseStoreError: self.init(ExitStatus(error.code), error.message)
        case let error as PartialAnswer: self.init(ExitStatus(error.failures[0].error.code), error.description)
        case let error as ShardFailure: self.init(ExitStatus(error.error.code), error.description)
        case let error as InterchangeError: self.init(ExitStatus(error.code), error.message)
        case let error as VectorError: self.init(.invalidInput, error.message)
        default: self.init(.io, "\(error); this is a defect in sparsestore, please report it")
        }
    }

    /// Whether the error has a type that this type can convert.
    static func isOurs(_ error: any Error) -> Bool {
        error is CommandFailure || error is SparseStoreError || error is InterchangeError || error is VectorError
            || error is PartialAnswer || error is ShardFailure
    }

    var description: String { message }
}

/// The exit code of the process.
enum ExitStatus: Int32 {
    case success = 0
    case usage = 1
    case invalidInput = 2
    case corrupted = 3
    case incompatible = 4
    case diskFull = 5
    case busy = 6
    case io = 7
    case interrupted = 8

    init(_ code: SparseStoreError.Code) {
        switch code {
        case .corrupted: self = .corrupted
        case .incompatibleFormat: self = .incompatible
        case .diskFull: self = .diskFull
        case .alreadyOpen, .busy, .readersFull, .deadlineExceeded, .generationNotReached: self = .busy
        case .cancelled: self = .interrupted
        case .notFound, .notAStore: self = .invalidInput
        default: self = code.isBrokenRule ? .invalidInput : .io
        }
    }

    init(_ code: InterchangeError.Code) {
        switch code {
        case .diskFull: self = .diskFull
        case .io: self = .io
        default: self = .invalidInput
        }
    }
}
