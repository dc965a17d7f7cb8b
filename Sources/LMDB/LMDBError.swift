import CLMDB
internal import Platform

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
    /// The problem, without the path of the file, which is in `path`.
    package var problem: String
    /// The remedy, if one is known.
    package var remedy: String?
    /// The operation that failed, such as "put" or "open".
    package var operation: String
    package var path: String?
    /// LMDB's code (negative) or an errno (positive); 0 if neither library was called.
    package var underlying: Int32

    package init(
        _ code: Code, problem: String, remedy: String? = nil, operation: String, path: String? = nil,
        underlying: Int32 = 0
    ) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
        self.operation = operation
        self.path = path
        self.underlying = underlying
    }

    /// The problem and the remedy in one text.
    package var message: String { remedy.map { "\(problem); \($0)" } ?? problem }

    /// Whether a read has failed because a page of the file is damaged.
    package var isDamage: Bool { code == .corrupted || isAftermath }

    package var description: String {
        let place = path.map { " (\($0))" } ?? ""
        let cause = underlying == 0 ? "" : " [\(underlying)]"
        return "\(operation): \(message)\(place)\(cause)"
    }
}

// All codes of liblmdb and errno are converted here, so that each remedy is written once.
extension LMDBError {
    /// The meaning of a code of liblmdb or of the system.
    struct Explanation {
        let code: Code
        let problem: String
        let remedy: String?

        init(_ code: Code, _ problem: String, _ remedy: String? = nil) {
            self.code = code
            self.problem = problem
            self.remedy = remedy
        }
    }

    init(lmdb status: Int32, operation: String, path: String?) {
        self.init(
            status < 0 ? Self.explain(lmdb: status) : Self.explain(errno: status), operation: operation, path: path,
            underlying: status)
    }

    /// The error for a failed call of the system.
    package init(errno status: Int32, operation: String, path: String) {
        self.init(Self.explain(errno: status), operation: operation, path: path, underlying: status)
    }

    private init(_ explanation: Explanation, operation: String, path: String?, underlying: Int32) {
        self.init(
            explanation.code, problem: explanation.problem, remedy: explanation.remedy, operation: operation,
            path: path, underlying: underlying)
    }

    /// Returns the error with another explanation; nil changes nothing.
    func explained(by explanation: Explanation?) -> LMDBError {
        guard let explanation else { return self }
        return LMDBError(explanation, operation: operation, path: path, underlying: underlying)
    }

    /// Whether a read failed because an earlier read of its transaction did: liblmdb refuses all later ones.
    package var isAftermath: Bool { underlying == MDB_BAD_TXN }

    private static func explain(lmdb status: Int32) -> Explanation {
        switch status {
        case MDB_KEYEXIST:
            Explanation(.keyExists, "the key already exists, or an appended key does not sort after the last key")
        case MDB_MAP_FULL:
            Explanation(.mapFull, "the map is full and could not be grown", "raise the map size or its limit")
        case MDB_TXN_FULL, MDB_PAGE_FULL:
            Explanation(
                .transactionFull, "the transaction changes too many pages",
                "split the work into smaller transactions")
        case MDB_READERS_FULL:
            Explanation(
                .readersFull, "every reader slot is taken",
                "end read transactions sooner, or raise maximumReaders")
        case MDB_DBS_FULL:
            Explanation(
                .tooManyTables, "there are more tables than the environment was opened for",
                "raise maximumTables")
        // A tree deeper than a cursor can go was never written by liblmdb.
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_CURSOR_FULL:
            Explanation(.corrupted, "a page of the file is damaged", "restore a backup")
        case MDB_VERSION_MISMATCH:
            Explanation(
                .versionMismatch, "the file was written by an incompatible version of LMDB",
                "open it with the version that wrote it")
        case MDB_INVALID:
            Explanation(.notADatabase, "the file or its lock file is not an LMDB file", "check the path")
        case MDB_PANIC:
            Explanation(
                .needsReopen, "an earlier commit failed partway, so the environment cannot be used",
                "close it and open it again")
        case MDB_NOTFOUND:
            Explanation(.missingTable, "the entry does not exist")
        case MDB_MAP_RESIZED:
            Explanation(
                .mapFull, "another process grew the file, and this process could not map the new size",
                "close it and open it again")
        case MDB_INCOMPATIBLE:
            Explanation(
                .corrupted, "the table was created with different flags, or the file has leaked pages",
                "restore a backup")
        case MDB_BAD_RSLOT:
            Explanation(
                .other, "the reader slot is in use, because two threads used one read transaction at once",
                "use one thread")
        case MDB_BAD_TXN:
            Explanation(
                .invalidArgument, "the transaction failed earlier, or began before the table existed",
                "begin a new transaction")
        case MDB_BAD_DBI:
            Explanation(
                .invalidArgument, "the table belongs to another environment, or is newer than the transaction",
                "begin a new transaction")
        case MDB_BAD_VALSIZE:
            Explanation(
                .invalidArgument, "a key is not 1 to 511 bytes long, or a value is 4 GiB or more",
                "use a smaller key or value")
        default:
            Explanation(.other, String(cString: mdb_strerror(status)))
        }
    }

    private static func explain(errno status: Int32) -> Explanation {
        switch status {
        case ENOSPC, EDQUOT:
            Explanation(.diskFull, "no space is left on the disk", "free some space and try again")
        case EFBIG:
            Explanation(
                .diskFull, "the file has reached a size limit of the process or of the file system",
                "raise the limit")
        case EIO:
            Explanation(.io, "the disk reported an input/output error", "check the device")
        case EROFS:
            Explanation(.readOnly, "the file system is read-only", "copy the file to a writable file system")
        case EACCES, EPERM:
            Explanation(
                .permissionDenied, "permission denied",
                "make the file, its '-lock' file and their folder writable, or read without the lock file "
                    + "(--without-lock, Configuration.readsWithoutLock)")
        case ENOENT, ENOTDIR:
            Explanation(.missingFile, "the file or its folder does not exist", "check the path")
        case ENOMEM:
            Explanation(
                .outOfMemory, "not enough memory or address space",
                "lower the map size or the process's limits")
        case EISDIR, ELOOP, ENOTEMPTY, ENXIO:
            Explanation(
                .invalidArgument, "something that is not a regular file has this name",
                "remove it, or choose another path")
        case EILSEQ:
            Explanation(.invalidArgument, "a name in the path is not UTF-8", "rename the file or the folder")
        case EMFILE, ENFILE:
            Explanation(.io, "too many files are open", "close some, or raise the limit (ulimit -n)")
        case EINVAL:
            Explanation(
                .invalidArgument, "the storage library rejected an argument",
                "check the arguments of the call")
        // An error from the system is not a defect in the library.
        default:
            Explanation(.io, String(cString: strerror(status)))
        }
    }
}
