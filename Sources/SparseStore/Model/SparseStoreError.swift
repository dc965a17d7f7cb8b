/// What went wrong, in a form for programs (``code``, ``documentID``, ``term``, ``path``, ``position``) and for people
/// (``problem`` and ``remedy``).
///
/// The text may name a path, an identifier or a term; it never holds a payload.
public struct SparseStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// What went wrong, in one sentence without a period.
    public let problem: String
    /// What to do about it; what is known of the kind of error where nothing is known of this one.
    public var remedy: String { ownRemedy ?? code.remedy }
    /// The identifier of the document that the error is about; nil when it is about none, or not known.
    public private(set) var documentID: String?
    /// The term that the error is about, its number as decimal text in a store of numbers; nil when it is about none.
    public private(set) var term: String?
    /// The file that the error is about; nil when it is about none, or not known.
    public private(set) var path: String?
    /// Where in a text the error is, in characters from 1: in a filter, for instance. Nil when it is about no text.
    public private(set) var position: Int?
    /// The error below this one, if there is one.
    public let cause: (any Error)?

    private let ownRemedy: String?

    /// Problem and remedy in one text, with a semicolon between them.
    public var message: String { ownRemedy.map { problem + Self.separator + $0 } ?? problem }

    /// Between a problem and its remedy.
    private static let separator = "; "

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: the kind of error.
    ///   - problem: what went wrong.
    ///   - remedy: what to do about it; nil for what the kind of error says.
    ///   - cause: the error below this one.
    public init(_ code: Code, problem: String, remedy: String?, cause: (any Error)? = nil) {
        self.code = code
        self.problem = problem
        ownRemedy = remedy
        self.cause = cause
    }

    /// Makes an error of one text.
    ///
    /// - Parameters:
    ///   - code: the kind of error.
    ///   - message: what went wrong and, behind the last semicolon, what to do about it.
    ///   - cause: the error below this one.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        let (problem, remedy) = Self.parts(of: message)
        self.init(code, problem: problem, remedy: remedy, cause: cause)
    }

    /// What stands before and behind the last separator of a message.
    private static func parts(of message: String) -> (problem: String, remedy: String?) {
        guard let last = message.ranges(of: separator).last else { return (message, nil) }
        return (String(message[..<last.lowerBound]), String(message[last.upperBound...]))
    }

    /// One line: the code and the message.
    public var description: String { "\(code): \(message)" }

    /// The same error, which also says what it is about. What is known already stays.
    package func about(
        document: String? = nil, term: String? = nil, path: String? = nil, position: Int? = nil
    ) -> SparseStoreError {
        var error = self
        error.documentID = documentID ?? document
        error.term = self.term ?? term
        error.path = self.path ?? path
        error.position = self.position ?? position
        return error
    }

    /// The same error, whose problem begins by naming a document.
    func inDocument(_ id: String) -> SparseStoreError {
        guard documentID == nil else { return self }
        return SparseStoreError(code, problem: "document '\(id)': \(problem)", remedy: ownRemedy, cause: cause)
            .about(document: id, term: term, path: path, position: position)
    }
}

extension SparseStoreError {
    /// A kind of error. New kinds may be added; compare with `==`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case notFound, invalidArgument, invalidVector, limitExceeded, termSpaceMismatch, corrupted
            case incompatibleFormat, notAStore, alreadyOpen, diskFull, io, readOnly, permissionDenied, busy
            case dimensionMismatch, codecNotTrained, encoderMismatch, attributeTypeMismatch
            case readersFull, needsReopen, forkedProcess, networkFilesystem, closed, cancelled, outOfMemory
            case deadlineExceeded, generationNotReached, invalidCursor
            case internalError
        }

        private let kind: Kind

        /// The code's name.
        public var description: String { kind.rawValue }

        /// What helps against most errors of the kind.
        var remedy: String {
            switch kind {
            case .notFound: "check the name, or make it first"
            case .invalidArgument: "give a value inside the range that the reference states"
            case .invalidVector: "give finite weights within Limits.weights, each term once"
            case .limitExceeded: "stay within Limits"
            case .termSpaceMismatch: "give terms of the kind that the store was filled with"
            case .dimensionMismatch: "give token vectors of the store's dimension"
            case .codecNotTrained: "write token vectors first"
            case .attributeTypeMismatch: "convert the value, or use another name"
            case .encoderMismatch: "use the encoder that filled the store, or a new store"
            case .corrupted: "restore a backup, or make a sound store of what can be read with 'repair'"
            case .incompatibleFormat: "open the file with the version that wrote it, or a later one"
            case .notAStore: "check the path"
            case .alreadyOpen: "share the handle that has it open"
            case .diskFull: "free space and try again; nothing is lost"
            case .io: "look at the system's log for the device, then try again"
            case .readOnly: "open the store for writing"
            case .permissionDenied: "change the permissions of the file and of its folder"
            case .busy: "try again when the other user has ended"
            case .readersFull: "try again, or raise Configuration.maximumReaders"
            case .needsReopen: "close the store and open it again"
            case .forkedProcess: "open the store in the child process"
            case .networkFilesystem: "move the file to a local disk"
            case .closed: "open the store again"
            case .cancelled: "call again"
            case .deadlineExceeded: "allow more time, or ask for less"
            case .generationNotReached: "wait longer, or ask without a generation"
            case .invalidCursor: "ask for the first page again"
            case .outOfMemory: "allow the process more memory, or lower Configuration.mapSize"
            case .internalError: "report it to the authors of SparseStore"
            }
        }

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
        /// An attribute has another type in this store than the value that was given.
        public static let attributeTypeMismatch = Code(kind: .attributeTypeMismatch)
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

extension SparseStoreError.Code: Codable {
    /// Reads the code's name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let kind = Kind(rawValue: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(name)' is no code of an error")
        }
        self.kind = kind
    }

    /// Writes the code's name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kind.rawValue)
    }
}
