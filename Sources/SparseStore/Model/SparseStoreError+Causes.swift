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
            case .versionMismatch: .incompatibleFormat
            case .notADatabase, .missingTable: .notAStore
            case .missingFile: .notFound
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
            }
        self.init(code, error.message, cause: error)
    }

    init(_ error: FormatError) {
        let code: Code = error.code == .unsupportedVersion ? .incompatibleFormat : .corrupted
        self.init(code, error.description, cause: error)
    }

    /// Runs `body` and turns the errors of the floors below into this type.
    static func wrap<R>(_ body: () throws -> R) throws(SparseStoreError) -> R {
        do {
            return try body()
        } catch let error as SparseStoreError {
            throw error
        } catch let error as LMDBError {
            throw SparseStoreError(error)
        } catch let error as FormatError {
            throw SparseStoreError(error)
        } catch let error as VectorError {
            throw SparseStoreError(.invalidVector, error.description, cause: error)
        } catch {
            throw SparseStoreError(.internalError, "an unexpected error: \(error)", cause: error)
        }
    }
}
