internal import LMDB
public import SystemPackage

extension Store {
    /// Writes a copy of the newest commit to a path where nothing stands yet, while writers and searches go on. The copy
    /// appears there complete and durable or not at all, with the permissions of ``Configuration/fileMode``. It is a store
    /// like any other: opening it is restoring it.
    ///
    /// The copy is not verified: open it and call `verify(_:progress:)`. Pages that writers free meanwhile are not used
    /// again before it ends.
    ///
    /// - Parameters:
    ///   - path: where nothing stands yet, in a folder that is there.
    ///   - compacting: leave out free pages, so that the copy is as small as it can be. A store that has lost track of a
    ///     page can only be copied plainly; the error says so.
    /// - Throws: `invalidArgument` when something stands there, `diskFull`, `io`, `permissionDenied`, `corrupted`, `closed`.
    public func backup(to path: FilePath, compacting: Bool = true) throws(SparseStoreError) {
        try SparseStoreError.wrap { try environment.copy(to: path, compacting: compacting) }
    }

    /// Writes a copy of the newest commit. See `backup(to:compacting:)`.
    public func backup(to path: String, compacting: Bool = true) throws(SparseStoreError) {
        try backup(to: FilePath(path), compacting: compacting)
    }
}
