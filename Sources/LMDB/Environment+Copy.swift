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
        let (folder, name) = Filesystem.split(try Self.requireNothing(at: target, operation: operation))
        // Without a name until it is complete, where the file system can: then a process that is killed leaves nothing.
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

    /// Writes a copy to a new file, durable when this returns.
    ///
    /// - Parameter target: what errors name.
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
            // liblmdb will take its write lock for a moment. Waiting for ours first can be stopped, and says for whom.
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
            error.message = "pages of \(path) have leaked, so it cannot be compacted; make a plain copy or rebuild it"
        } else if error.code == .io, let space {
            (error.code, error.message) = space
        }
        return error
    }
}
