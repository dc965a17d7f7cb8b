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
    /// all. What a crash leaves behind is removed when something is next put there.
    ///
    /// - Parameter fill: makes the file at the path it is given, durable when it returns; a lock file of its own is removed.
    package static func place(
        at target: FilePath, operation: String, _ fill: (_ temporaryPath: String) throws -> Void
    ) throws {
        let canonicalTarget = try requireNothing(at: target, operation: operation)
        let status = try makeBeside(canonicalTarget, operation: operation, fill)
        guard status != EEXIST else { throw targetExists(target, operation) }
        guard status == 0 else { throw Filesystem.error(status, operation, target.string) }
    }

    /// Fills a file beside its place, then moves it there and syncs the folder. Returns 0, or why it could not be moved.
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

    /// Throws when something stands at a path; returns the path with links followed.
    @discardableResult
    package static func requireNothing(at target: FilePath, operation: String) throws(LMDBError) -> String {
        guard case .missing(let canonicalTarget) = try Filesystem.resolve(target, operation: operation) else {
            throw targetExists(target, operation)
        }
        return canonicalTarget
    }

    static func targetExists(_ target: FilePath, _ operation: String) -> LMDBError {
        LMDBError(
            .invalidArgument, "something stands at '\(target)' already; remove it or choose another path",
            operation: operation, path: target.string, underlying: EEXIST)
    }
}
