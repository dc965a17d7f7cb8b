import CLMDB

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// One place turns liblmdb's codes and errno into typed errors, so that a remedy is written once.
extension LMDBError {
    init(lmdb status: Int32, operation: String, path: String?) {
        let (code, message) = status < 0 ? Self.explain(lmdb: status) : Self.explain(errno: status)
        self.init(code, message, operation: operation, path: path, underlying: status)
    }

    /// Whether a read has failed because an earlier one in its transaction did: liblmdb refuses all that come after.
    package var isAftermath: Bool { underlying == MDB_BAD_TXN }

    private static func explain(lmdb status: Int32) -> (Code, String) {
        switch status {
        case MDB_KEYEXIST:
            (.keyExists, "the key is present already, or, when appending, does not sort after the last key")
        case MDB_MAP_FULL:
            (.mapFull, "the map is full and could not be grown; raise the map size or its limit")
        case MDB_TXN_FULL, MDB_PAGE_FULL:
            (.transactionFull, "the transaction changes too many pages; split the work into smaller transactions")
        case MDB_READERS_FULL:
            (
                .readersFull,
                "every reader slot is taken; end read transactions sooner or open with more maximumReaders"
            )
        case MDB_DBS_FULL:
            (.tooManyTables, "the environment was opened for fewer tables; raise maximumTables")
        // A tree deeper than a cursor can go is no tree that was ever written.
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_CURSOR_FULL:
            (.corrupted, "a page of the file is damaged; restore a backup")
        case MDB_VERSION_MISMATCH:
            (.versionMismatch, "the file was written by another version of the storage library")
        case MDB_INVALID:
            (.notADatabase, "the file, or the lock file beside it, is not an LMDB file")
        case MDB_PANIC:
            (
                .needsReopen,
                "an earlier commit failed half-way and the environment refuses work; close it and open it again"
            )
        case MDB_NOTFOUND:
            (.missingTable, "no such entry")
        case MDB_MAP_RESIZED:
            (.mapFull, "another process grew the file and the new size could not be adopted")
        case MDB_INCOMPATIBLE:
            (.corrupted, "the table was made with other flags than this library uses, or pages have leaked")
        case MDB_BAD_RSLOT:
            (.other, "the reader slot is in use; a read transaction was used by two threads at once")
        case MDB_BAD_TXN:
            (.invalidArgument, "the transaction failed earlier, or was begun before the table existed")
        case MDB_BAD_DBI:
            (.invalidArgument, "the table does not belong to this transaction's environment, or is newer than it")
        case MDB_BAD_VALSIZE:
            (.invalidArgument, "a key must have 1 to 511 bytes and a value less than 4 GiB")
        default:
            (.other, String(cString: mdb_strerror(status)))
        }
    }

    package static func explain(errno status: Int32) -> (Code, String) {
        switch status {
        case ENOSPC, EDQUOT:
            (.diskFull, "no space is left on the disk; free some and try again")
        case EFBIG:
            (.diskFull, "the file may not grow further (a limit of the process or of the file system)")
        case EIO:
            (.io, "the disk reported an input/output error; check the device before trusting it again")
        case EROFS:
            (.readOnly, "the file system is read-only; copy the file to one that can be written")
        case EACCES, EPERM:
            (
                .permissionDenied,
                "permission denied; the file, its '-lock' file and their folder must be writable, even to read, unless "
                    + "it is read without the lock file (--without-lock, Configuration.readsWithoutLock)"
            )
        case ENOENT, ENOTDIR:
            (.missingFile, "the file or its folder does not exist")
        case ENOMEM:
            (.outOfMemory, "not enough memory or address space; lower the map size or the process's limits")
        case EILSEQ:
            (.invalidArgument, "a name in the path is not UTF-8; rename the file or the folder")
        case EMFILE, ENFILE:
            (.other, "too many open files; close some or raise the limit")
        case EINVAL:
            (.invalidArgument, "the storage library rejected an argument")
        default:
            (.other, String(cString: strerror(status)))
        }
    }
}
