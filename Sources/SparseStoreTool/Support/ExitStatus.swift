internal import SparseInterchange
internal import SparseStore

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
        case .notFound, .invalidArgument, .invalidVector, .limitExceeded, .termSpaceMismatch, .notAStore,
            .dimensionMismatch, .codecNotTrained, .encoderMismatch, .invalidCursor:
            self = .invalidInput
        default: self = .io
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
