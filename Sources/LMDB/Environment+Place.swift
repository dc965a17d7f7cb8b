package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Creates a file at a path where none exists. The file is filled next to its final path and appears there complete
    /// and durable, or not at all. Leftovers of a crash are removed by the next call for the same path.
    ///
    /// - Parameter fill: Creates the file at the path it is given, durable when it returns. A lock file next to it is
    ///   removed.
    package static func place(
        at target: FilePath, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws {
        let canonicalTarget = try requireNothing(at: target, operation: operation)
        let status = try makeBeside(canonicalTarget, operation: operation, fill)
        guard status != EEXIST else { throw targetExists(target, operation) }
        guard status == 0 else { throw Filesystem.error(status, operation, target.string) }
    }

    /// Fills a file next to its final path, then moves it there and syncs the folder. Returns 0, or the errno if it
    /// could not be moved.
    static func makeBeside(
        _ canonicalTarget: String, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws -> Int32 {
        let work = try WorkFolder.make(beside: canonicalTarget, operation: operation)
        defer { work.remove() }
        try fill(work.file)
        let status = moveWithoutReplacing(work.file, canonicalTarget)
        if status == 0 || status == EEXIST {
            try Filesystem.syncFolder(Filesystem.split(canonicalTarget).folder, operation: operation)
        }
        return status
    }

    /// Throws if a file exists at the path. Returns the path with links resolved.
    @discardableResult
    package static func requireNothing(at target: FilePath, operation: String) throws(LMDBError) -> String {
        guard case .missing(let canonicalTarget) = try Filesystem.resolve(target, operation: operation) else {
            throw targetExists(target, operation)
        }
        return canonicalTarget
    }

    static func targetExists(_ target: FilePath, _ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, "'\(target)' already exists; remove it, or choose another path",
            operation: operation, path: target.string, underlying: EEXIST)
    }
}
