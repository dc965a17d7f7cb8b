import CLMDB
import SystemPackage

extension Environment {
    /// The typed error for a status of liblmdb, with what only the environment can tell: whether an input/output error
    /// was a full disk, and that a panic poisons the handle. Not to be called under the gate's lock.
    func failure(_ status: Int32, operation: String) -> LMDBError {
        var error = LMDBError(lmdb: status, operation: operation, path: path.string)
        if status == MDB_PANIC { gate.withLock { $0.needsReopen = true } }
        guard error.code == .io, let handle = gate.withLock({ $0.handle }) else { return error }
        if let (code, message) = DiskSpace(
            descriptor: Self.descriptor(handle), folder: Filesystem.split(canonicalPath).folder
        ).explanation {
            error.code = code
            error.message = message
        }
        return error
    }
}
