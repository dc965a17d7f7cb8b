package import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Environment {
    /// Puts a file where nothing stands yet: it is made beside its place and appears there complete and durable, or not at
    /// all. What a crash leaves behind is removed when a database is next created there.
    ///
    /// - Parameter fill: makes the file at the path it is given, durable when it returns; a lock file beside it is removed.
    package static func place(
        at target: FilePath, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws {
        let canonicalTarget = try requireNothing(at: target, operation: operation)
        let temporaryPath = temporaryName(for: canonicalTarget)
        Registry.shared.beginCreating(temporaryPath)
        defer {
            unlink(temporaryPath)
            unlink(lockPath(temporaryPath))
            Registry.shared.endCreating(temporaryPath)
        }
        try fill(temporaryPath)
        let moved = moveWithoutReplacing(temporaryPath, canonicalTarget)
        guard moved != EEXIST else { throw targetExists(target, operation) }
        guard moved == 0 else { throw Filesystem.error(moved, operation, target.string) }
        try Filesystem.syncFolder(Filesystem.split(canonicalTarget).folder, operation: operation)
    }

    /// Throws when something stands at a path; returns the path with links followed.
    @discardableResult
    package static func requireNothing(at target: FilePath, operation: String) throws(LMDBError) -> String {
        guard case .missing(let canonicalTarget) = try Filesystem.resolve(target.string, operation: operation) else {
            throw targetExists(target, operation)
        }
        return canonicalTarget
    }

    private static func targetExists(_ target: FilePath, _ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, "something stands at '\(target)' already; remove it or choose another path",
            operation: operation, path: target.string, underlying: EEXIST)
    }
}
