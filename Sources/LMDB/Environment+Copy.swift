import CLMDB
import Platform
package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Writes a consistent copy to a path where nothing stands yet. The copy appears there only when it is complete and
    /// durable. A compacting copy leaves out free pages. Like any long reader it keeps pages from being used again.
    package func copy(to target: FilePath, compacting: Bool) throws {
        let operation = "copy"
        try requireSameProcess(operation)
        // A plain copy takes the write lock for a moment, which this thread would wait for in vain.
        guard !isWriterThread else {
            throw LMDBError(
                .invalidArgument, "a copy cannot be made inside a write; commit first", operation: operation,
                path: path.string)
        }
        try Self.place(at: target, operation: operation) { temporaryPath in
            try writeCopy(
                to: temporaryPath, mode: options.fileMode, compacting: compacting, operation: operation, target: target)
        }
    }

    /// Writes a copy to a new file, durable when this returns.
    ///
    /// - Parameter target: what errors name.
    func writeCopy(
        to temporaryPath: String, mode: UInt16, compacting: Bool, operation: String, target: FilePath
    ) throws(LMDBError) {
        let descriptor = StandardDescriptors.openFile(
            temporaryPath, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, target.string) }
        defer { closeDescriptor(descriptor) }
        let status = try withHandle(operation) { handle in
            let status = mdb_env_copyfd2(handle, descriptor, compacting ? UInt32(MDB_CP_COMPACT) : 0)
            return status == MDB_SUCCESS && fsync(descriptor) != 0 ? errno : status
        }
        guard status == MDB_SUCCESS else {
            throw copyFailure(status, DiskSpace(descriptor: descriptor).explanation, operation, target)
        }
    }

    private func copyFailure(
        _ status: Int32, _ space: (LMDBError.Code, String)?, _ operation: String, _ target: FilePath
    ) -> LMDBError {
        var error = LMDBError(lmdb: status, operation: operation, path: target.string)
        if status == MDB_INCOMPATIBLE {
            error.message = "pages of \(path) have leaked, so it cannot be compacted; make a plain copy or rebuild it"
        } else if error.code == .io, let space {
            (error.code, error.message) = space
        }
        return error
    }
}
