internal import LMDB
internal import SparseFormat

extension Store {
    /// Looks whether the newest commit is sound (FORMAT.md, "Invariants"). Damage is reported, not thrown, and nothing is
    /// changed. Writers and searches go on meanwhile; pages that they free are not used again before it ends.
    ///
    /// Damage inside LMDB's own pages can end the process: the command `sparsestore verify` reads the store in a process
    /// of its own.
    ///
    /// - Parameters:
    ///   - level: how much is looked at.
    ///   - progress: called now and then; may throw to stop.
    /// - Throws: what `progress` throws, `closed`, `io`, `readersFull`.
    public func verify(
        _ level: VerificationLevel = .quick, progress: (VerificationProgress) throws -> Void = { _ in }
    ) throws -> VerificationReport {
        try SparseStoreError.translate {
            let commit = try CommitReader(environment, source.tables)
            return try Verifier(level: level, commit: commit).run(progress: progress)
        }
    }
}
