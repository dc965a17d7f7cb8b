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
    /// Writes a consistent copy to a path where no file exists. The copy appears there only when it is complete and
    /// durable. A compacting copy leaves out free pages. Like any long reader, it keeps pages from being reused.
    package func copy(to target: FilePath, compacting: Bool) throws {
        let operation = "copy"
        try requireSameProcess(operation)
        // A plain copy takes the write lock for a moment, so this thread would wait for itself.
        guard !isWriterThread else {
            throw LMDBError(
                .invalidArgument, "a copy cannot be made during a write transaction; commit first",
                operation: operation,
                path: path.string)
        }
        let (folder, name) = Filesystem.split(try Self.requireNothing(at: target, operation: operation))
        // If the file system supports it, the file has no name until it is complete, so a killed process leaves
        // nothing.
        guard let file = try? UnnamedFile(in: folder, mode: options.fileMode) else {
            try Self.place(at: target, operation: operation) { temporaryPath in
                try writeCopy(
                    to: temporaryPath, mode: options.fileMode, compacting: compacting, operation: operation,
                    target: target)
            }
            return
        }
        defer { file.close() }
        WorkFolder.removeAbandoned(in: folder, for: name)
        try writeCopy(
            into: file.descriptor, folder: folder, compacting: compacting, operation: operation, target: target)
        guard file.name(folder == "/" ? "/\(name)" : "\(folder)/\(name)") else {
            throw errno == EEXIST
                ? Self.targetExists(target, operation) : Filesystem.error(errno, operation, target.string)
        }
        try Filesystem.syncFolder(folder, operation: operation)
    }

    /// Writes a copy to a new file, which is durable when this returns.
    ///
    /// - Parameter target: The path that errors name.
    func writeCopy(
        to temporaryPath: String, mode: UInt16, compacting: Bool, operation: String, target: FilePath
    ) throws(LMDBError) {
        let descriptor = StandardDescriptors.openFile(temporaryPath, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        guard descriptor >= 0 else { throw Filesystem.error(errno, operation, target.string) }
        defer { closeDescriptor(descriptor) }
        try writeCopy(
            into: descriptor, folder: Filesystem.split(temporaryPath).folder, compacting: compacting,
            operation: operation, target: target)
    }

    private func writeCopy(
        into descriptor: Int32, folder: String, compacting: Bool, operation: String, target: FilePath
    ) throws(LMDBError) {
        if !compacting {
            // liblmdb will take its write lock for a moment. Wait for our own lock first, because that wait can be
            // cancelled and reports the holder.
            try acquireWriter(operation)
            releaseWriter()
        }
        let status = try withHandle(operation) { handle in
            let status = mdb_env_copyfd2(handle, descriptor, compacting ? UInt32(MDB_CP_COMPACT) : 0)
            return status == MDB_SUCCESS && fsync(descriptor) != 0 ? errno : status
        }
        guard status == MDB_SUCCESS else {
            let space = DiskSpace(descriptor: descriptor, folder: folder)
            throw copyFailure(status, space.explanation, operation, target)
        }
    }

    private func copyFailure(
        _ status: Int32, _ space: (LMDBError.Code, String)?, _ operation: String, _ target: FilePath
    ) -> LMDBError {
        var error = LMDBError(lmdb: status, operation: operation, path: target.string)
        if status == MDB_INCOMPATIBLE {
            error.message = "\(path) has leaked pages and cannot be compacted; make a plain copy, or rebuild the file"
        } else if error.code == .io, let space {
            (error.code, error.message) = space
        }
        return error
    }
}
