internal import LMDB
internal import SparseFormat

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
        self = SparseStoreError(code, place + error.message, cause: error).about(path: error.path)
    }

    init(_ error: VectorError) {
        self = SparseStoreError(.invalidVector, error.description, cause: error).about(
            term: error.term.map(String.init))
    }

    init(_ error: FormatError) {
        let isNewer = error.code == .unsupportedVersion || error.code == .unknownFlags
        let code: Code = isNewer ? .incompatibleFormat : .corrupted
        self.init(code, error.description, cause: error)
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
            throw SparseStoreError(.internalError, "an unexpected error: \(error)", cause: error)
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
