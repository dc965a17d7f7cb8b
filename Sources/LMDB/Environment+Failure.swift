import CLMDB
import SystemPackage

extension Environment {
    /// Returns the typed error for a status of liblmdb, with information that only the environment has: whether an
    /// input/output error was a full disk, and that a panic makes the handle unusable. Do not call it under the gate's
    /// lock.
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
