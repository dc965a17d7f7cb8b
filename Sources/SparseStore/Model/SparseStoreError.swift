internal import LMDB
internal import SparseFormat

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An error with details for programs (``code``, ``documentID``, ``term``, ``path``, ``position``) and for people
/// (``problem`` and ``remedy``).
///
/// The text may contain a path, an identifier, or a term, but never a payload.
public struct SparseStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// A description of what went wrong: one sentence without a period.
    public let problem: String
    /// A description of what to do about it. If there is no specific remedy, the general one for the kind of error.
    public var remedy: String { ownRemedy ?? code.remedy }
    /// The identifier of the document that the error is about; nil if unknown or not applicable.
    public private(set) var documentID: String?
    /// The term that the error is about, as decimal text in a store with numeric terms; nil if not applicable.
    public private(set) var term: String?
    /// The file that the error is about; nil if unknown or not applicable.
    public private(set) var path: String?
    /// The 1-based character position of the error in a text, such as a filter; nil if not applicable.
    public private(set) var position: Int?
    /// The underlying error, if there is one.
    public let cause: (any Error)?

    private let ownRemedy: String?

    /// The problem and the specific remedy in one text, separated by a semicolon.
    public var message: String { ownRemedy.map { "\(problem); \($0)" } ?? problem }

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of error.
    ///   - problem: A description of what went wrong.
    ///   - remedy: A description of what to do about it; nil for the general remedy of the kind of error.
    ///   - cause: The underlying error.
    public init(_ code: Code, problem: String, remedy: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.problem = problem
        ownRemedy = remedy
        self.cause = cause
    }

    /// Returns the error for damage that only a backup heals.
    static func corrupted(_ problem: String) -> SparseStoreError {
        SparseStoreError(.corrupted, problem: problem, remedy: "restore the store from a backup")
    }

    /// The code and the message on one line.
    public var description: String { "\(code): \(message)" }

    /// Returns the error with details of what it is about. Existing details are kept.
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

    /// Returns the error with a problem that begins with the document.
    func inDocument(_ id: String) -> SparseStoreError {
        guard documentID == nil else { return self }
        return SparseStoreError(code, problem: "document '\(id)': \(problem)", remedy: ownRemedy, cause: cause)
            .about(document: id, term: term, path: path, position: position)
    }
}

extension SparseStoreError {
    /// A kind of error. New kinds may be added; compare with `==`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable, CaseIterable {
            case notFound, invalidArgument, invalidVector, limitExceeded, termSpaceMismatch, corrupted
            case incompatibleFormat, notAStore, alreadyOpen, diskFull, io, readOnly, permissionDenied, busy
            case dimensionMismatch, codecNotTrained, encoderMismatch, attributeTypeMismatch
            case readersFull, needsReopen, forkedProcess, networkFilesystem, closed, cancelled, outOfMemory
            case deadlineExceeded, generationNotReached, invalidCursor
            case internalError
        }

        private let kind: Kind

        /// All codes of this version.
        package static let all = Kind.allCases.map { Code(kind: $0) }

        /// Whether something that the caller passed breaks a rule or a limit. The command line and the C interface have one
        /// status for these codes.
        package var isBrokenRule: Bool {
            switch kind {
            case .invalidArgument, .invalidVector, .limitExceeded, .termSpaceMismatch, .dimensionMismatch,
                .attributeTypeMismatch, .codecNotTrained, .encoderMismatch, .invalidCursor:
                true
            case .notFound, .corrupted, .incompatibleFormat, .notAStore, .alreadyOpen, .diskFull, .io, .readOnly,
                .permissionDenied, .busy, .readersFull, .needsReopen, .forkedProcess, .networkFilesystem, .closed,
                .cancelled, .outOfMemory, .deadlineExceeded, .generationNotReached, .internalError:
                false
            }
        }

        /// The name of the code.
        public var description: String { kind.rawValue }

        /// The remedy for most errors of the kind.
        var remedy: String {
            switch kind {
            case .notFound: "check the name, or create it first"
            case .invalidArgument: "use a value in the documented range"
            case .invalidVector: "use finite weights within Limits.weights, and each term once"
            case .limitExceeded: "stay within Limits"
            case .termSpaceMismatch: "use the kind of terms that the store has, strings or numbers"
            case .dimensionMismatch: "use token vectors with the dimension of the store"
            case .codecNotTrained: "write token vectors first"
            case .attributeTypeMismatch: "convert the value, or use another attribute"
            case .encoderMismatch: "use the encoder that the store was loaded with, or a new store"
            case .corrupted: "restore a backup, or run 'repair' to keep what can be read"
            case .incompatibleFormat: "open the file with the version that wrote it, or with a newer one"
            case .notAStore: "check the path"
            case .alreadyOpen: "share the open handle"
            case .diskFull: "free some space and try again; nothing is lost"
            case .io: "check the system log for errors of the device, then try again"
            case .readOnly: "open the store for writing"
            case .permissionDenied: "change the permissions of the file and of its folder"
            case .busy: "try again when the other process or thread has finished"
            case .readersFull: "try again, or raise Configuration.maximumReaders"
            case .needsReopen: "close the store and open it again"
            case .forkedProcess: "open the store in the child process"
            case .networkFilesystem: "move the file to a local disk"
            case .closed: "open the store again"
            case .cancelled: "call again"
            case .deadlineExceeded: "allow more time, or request fewer hits"
            case .generationNotReached: "wait longer, or leave out the generation"
            case .invalidCursor: "start again from the first page"
            case .outOfMemory: "allow the process more memory, or lower Configuration.mapSize"
            case .internalError: "report it to the authors of SparseStore"
            }
        }

        /// The file, document or segment does not exist.
        public static let notFound = Code(kind: .notFound)
        /// An argument is outside its range.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// A vector has a weight, a term, or a count that is not allowed.
        public static let invalidVector = Code(kind: .invalidVector)
        /// A limit in `Limits` is exceeded.
        public static let limitExceeded = Code(kind: .limitExceeded)
        /// String terms were given to a store with numeric terms, or the other way around.
        public static let termSpaceMismatch = Code(kind: .termSpaceMismatch)
        /// Token vectors have a different dimension from those of the store.
        public static let dimensionMismatch = Code(kind: .dimensionMismatch)
        /// An attribute has a different type in this store from the given value.
        public static let attributeTypeMismatch = Code(kind: .attributeTypeMismatch)
        /// A codec of token vectors needs a codebook that has not been trained.
        public static let codecNotTrained = Code(kind: .codecNotTrained)
        /// Text was given to an encoder other than the one that filled the store.
        public static let encoderMismatch = Code(kind: .encoderMismatch)
        /// Stored bytes are damaged. Restore a backup.
        public static let corrupted = Code(kind: .corrupted)
        /// The file was written by a version of the library that this one cannot read.
        public static let incompatibleFormat = Code(kind: .incompatibleFormat)
        /// The file is not a store.
        public static let notAStore = Code(kind: .notAStore)
        /// This process already has the file open. Share that handle.
        public static let alreadyOpen = Code(kind: .alreadyOpen)
        /// The disk is full. Free space and try again; nothing is lost.
        public static let diskFull = Code(kind: .diskFull)
        /// The operating system failed to read or write.
        public static let io = Code(kind: .io)
        /// A write was attempted on a store opened for reading.
        public static let readOnly = Code(kind: .readOnly)
        /// The file's permissions do not allow it.
        public static let permissionDenied = Code(kind: .permissionDenied)
        /// Another use of the store prevents this call. Try again later.
        public static let busy = Code(kind: .busy)
        /// Every reader slot is taken. The call can be retried.
        public static let readersFull = Code(kind: .readersFull)
        /// An I/O failure left the handle unusable. Close it and open the store again.
        public static let needsReopen = Code(kind: .needsReopen)
        /// The handle was inherited through `fork`. Open the store in the child.
        public static let forkedProcess = Code(kind: .forkedProcess)
        /// The file is on a network file system, where locks and memory maps cannot be trusted.
        public static let networkFilesystem = Code(kind: .networkFilesystem)
        /// The store or the transaction was closed.
        public static let closed = Code(kind: .closed)
        /// The caller canceled the operation.
        public static let cancelled = Code(kind: .cancelled)
        /// A search was not finished by its deadline. It can be retried with more time.
        public static let deadlineExceeded = Code(kind: .deadlineExceeded)
        /// The store has not reached the requested commit. The call can be retried.
        public static let generationNotReached = Code(kind: .generationNotReached)
        /// A cursor is damaged, or belongs to another store or request. Request the first page again.
        public static let invalidCursor = Code(kind: .invalidCursor)
        /// Memory or address space ran out.
        public static let outOfMemory = Code(kind: .outOfMemory)
        /// A defect of this library. Please report it.
        public static let internalError = Code(kind: .internalError)
    }
}

extension SparseStoreError.Code: Codable {
    /// Decodes the name of the code.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let kind = Kind(rawValue: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(name)' is not an error code")
        }
        self.kind = kind
    }

    /// Encodes the name of the code.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kind.rawValue)
    }
}

extension SparseStoreError {
    init(_ error: LMDBError) {
        let code: Code =
            switch error.code {
            case .keyExists, .tooManyTables, .other: .internalError
            case .mapFull, .outOfMemory: .outOfMemory
            case .transactionFull: .limitExceeded
            case .readersFull: .readersFull
            case .corrupted, .truncated: .corrupted
            case .invalidArgument where error.isAftermath: .corrupted
            case .versionMismatch: .incompatibleFormat
            case .notADatabase, .missingTable: .notAStore
            case .missingFile: .notFound
            case .busy: .busy
            case .diskFull: .diskFull
            case .io: .io
            case .readOnly: .readOnly
            case .permissionDenied: .permissionDenied
            case .alreadyOpen: .alreadyOpen
            case .needsReopen: .needsReopen
            case .forkedProcess: .forkedProcess
            case .networkFilesystem: .networkFilesystem
            case .invalidArgument: .invalidArgument
            case .closed: .closed
            case .cancelled: .cancelled
            }
        let place = error.path.map { "'\($0)': " } ?? ""
        self = SparseStoreError(code, problem: place + error.problem, remedy: error.remedy, cause: error)
            .about(path: error.path)
    }

    init(_ error: VectorError) {
        self = SparseStoreError(.invalidVector, problem: error.problem, remedy: error.remedy, cause: error)
            .about(term: error.term.map(String.init))
    }

    init(_ error: FormatError) {
        let isNewer = error.code == .unsupportedVersion || error.code == .unknownFlags
        let code: Code = isNewer ? .incompatibleFormat : .corrupted
        self.init(code, problem: error.problem, remedy: error.remedy, cause: error)
    }

    /// Runs `body` and converts errors of lower layers to this type. Other errors, such as those of a caller's closure,
    /// are rethrown unchanged.
    static func translate<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as LMDBError {
            throw SparseStoreError(error)
        } catch let error as FormatError {
            throw SparseStoreError(error)
        } catch let error as VectorError {
            throw SparseStoreError(error)
        }
    }

    /// Runs `body` like `translate`, but treats any other error as a defect. For calls that run no closure of the
    /// caller.
    static func wrap<R>(_ body: () throws -> R) throws(SparseStoreError) -> R {
        do {
            return try translate(body)
        } catch let error as SparseStoreError {
            throw error
        } catch {
            throw SparseStoreError(.internalError, problem: "an unexpected error: \(error)", cause: error)
        }
    }
}

extension VectorError {
    /// The term that the error is about.
    fileprivate var term: TermID? {
        switch code {
        case .duplicateTerm(let term), .nonFinite(let term), .outOfRange(let term, _): term
        default: nil
        }
    }
}

extension SparseStoreError: LocalizedError {
    /// A description of what went wrong.
    public var errorDescription: String? { problem }
    /// A description of what to do about it.
    public var recoverySuggestion: String? { remedy }
}
