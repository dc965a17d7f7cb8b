/// An error of the storage layer with its remedy. Callers branch on `code`; `message` is for human readers.
package struct LMDBError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case keyExists, mapFull, transactionFull, readersFull, tooManyTables
        case corrupted, versionMismatch, notADatabase, truncated
        case missingFile, missingTable, busy
        case diskFull, io, readOnly, permissionDenied
        case alreadyOpen, needsReopen, forkedProcess, networkFilesystem
        case invalidArgument, closed, cancelled, outOfMemory, other
    }

    package var code: Code
    /// The problem and the remedy, with the name of the file if there is one.
    package var message: String
    /// The operation that failed, such as "put" or "open".
    package var operation: String
    package var path: String?
    /// LMDB's code (negative) or an errno (positive); 0 if neither library was called.
    package var underlying: Int32

    package init(
        _ code: Code, _ message: String, operation: String, path: String? = nil, underlying: Int32 = 0
    ) {
        self.code = code
        self.message = message
        self.operation = operation
        self.path = path
        self.underlying = underlying
    }

    /// Whether a read has failed because a page of the file is damaged.
    package var isDamage: Bool { code == .corrupted || isAftermath }

    package var description: String {
        let place = path.map { " (\($0))" } ?? ""
        let cause = underlying == 0 ? "" : " [\(underlying)]"
        return "\(operation): \(message)\(place)\(cause)"
    }
}
