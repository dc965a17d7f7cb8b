/// What went wrong, in a form for programs (`code`) and for people (`message`, which says the remedy).
public struct SparseStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// What went wrong and how it may be remedied. May name a path, an identifier or a term; never holds a payload.
    public let message: String
    /// The error below this one, if there is one.
    public let cause: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// One line: the code and the message.
    public var description: String { "\(code): \(message)" }
}

extension SparseStoreError {
    /// A kind of error. New kinds may be added; compare with `==`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case notFound, invalidArgument, invalidVector, limitExceeded, termSpaceMismatch, corrupted
            case incompatibleFormat, notAStore, alreadyOpen, diskFull, io, readOnly, permissionDenied, busy
            case dimensionMismatch, codecNotTrained, encoderMismatch
            case readersFull, needsReopen, forkedProcess, networkFilesystem, closed, cancelled, outOfMemory
            case deadlineExceeded, generationNotReached, invalidCursor
            case internalError
        }

        private let kind: Kind

        /// The code's name.
        public var description: String { kind.rawValue }

        /// The file, document or segment does not exist.
        public static let notFound = Code(kind: .notFound)
        /// An argument is outside its range.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// A vector has a weight, a term or a count that is not allowed.
        public static let invalidVector = Code(kind: .invalidVector)
        /// A stated limit (`Limits`) is exceeded.
        public static let limitExceeded = Code(kind: .limitExceeded)
        /// Strings were given to a store whose terms are numbers, or the other way round.
        public static let termSpaceMismatch = Code(kind: .termSpaceMismatch)
        /// Token vectors have another dimension than those of the store.
        public static let dimensionMismatch = Code(kind: .dimensionMismatch)
        /// A codec of token vectors needs a codebook that has not been trained.
        public static let codecNotTrained = Code(kind: .codecNotTrained)
        /// Text was given to another encoder than the one that filled the store.
        public static let encoderMismatch = Code(kind: .encoderMismatch)
        /// Stored bytes are damaged. Restore a backup.
        public static let corrupted = Code(kind: .corrupted)
        /// The file was written by a version this one can't read.
        public static let incompatibleFormat = Code(kind: .incompatibleFormat)
        /// The file is not a store.
        public static let notAStore = Code(kind: .notAStore)
        /// This process has the file open already. Share that handle.
        public static let alreadyOpen = Code(kind: .alreadyOpen)
        /// The disk is full. Free space and try again; nothing is lost.
        public static let diskFull = Code(kind: .diskFull)
        /// The operating system failed to read or write.
        public static let io = Code(kind: .io)
        /// A write was tried on a store opened for reading.
        public static let readOnly = Code(kind: .readOnly)
        /// The file's permissions do not allow it.
        public static let permissionDenied = Code(kind: .permissionDenied)
        /// The store is in use in a way that excludes this call. Retryable.
        public static let busy = Code(kind: .busy)
        /// Every reader slot is taken. Retryable.
        public static let readersFull = Code(kind: .readersFull)
        /// An I/O failure left the handle unusable: close it and open the store again.
        public static let needsReopen = Code(kind: .needsReopen)
        /// The handle was inherited through `fork`. Open the store in the child.
        public static let forkedProcess = Code(kind: .forkedProcess)
        /// The file lies on a network filesystem, where locks and maps can't be trusted.
        public static let networkFilesystem = Code(kind: .networkFilesystem)
        /// The store or the transaction was closed.
        public static let closed = Code(kind: .closed)
        /// The caller cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// A search was not done by its deadline. Retryable with more time.
        public static let deadlineExceeded = Code(kind: .deadlineExceeded)
        /// The store has not reached the commit that was asked for. Retryable.
        public static let generationNotReached = Code(kind: .generationNotReached)
        /// A cursor is damaged, or belongs to another store or question. Ask for the first page again.
        public static let invalidCursor = Code(kind: .invalidCursor)
        /// Memory or address space ran out.
        public static let outOfMemory = Code(kind: .outOfMemory)
        /// A defect of this library. Please report it.
        public static let internalError = Code(kind: .internalError)
    }
}
