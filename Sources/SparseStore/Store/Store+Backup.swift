internal import LMDB
public import SystemPackage

extension Store {
    /// Writes a copy of the newest commit to a new file, while writers and searches continue. The copy appears complete
    /// and durable, or not at all, with the permissions of ``Configuration/fileMode``. It is a normal store: to restore
    /// it, open it.
    ///
    /// The copy is not verified; to check it, open it and call `verify(_:progress:)`. Pages that writers free during
    /// the copy are not reused until it ends.
    ///
    /// - Parameters:
    ///   - path: The path of the new file, in an existing folder. Nothing may exist there.
    ///   - compacting: Whether to omit free pages, which makes the copy as small as possible. A store that has lost
    ///     track of a page can only be copied without compacting; the error says so.
    /// - Throws: `invalidArgument` if something exists at `path`, `diskFull`, `io`, `permissionDenied`, `corrupted`,
    ///   `closed`.
    public func backup(to path: FilePath, compacting: Bool = true) throws(SparseStoreError) {
        try SparseStoreError.wrap { try environment.copy(to: path, compacting: compacting) }
    }

    /// Writes a copy of the newest commit. See `backup(to:compacting:)`.
    public func backup(to path: String, compacting: Bool = true) throws(SparseStoreError) {
        try backup(to: FilePath(path), compacting: compacting)
    }
}
