internal import LMDB
internal import SparseFormat

extension Store {
    /// Verifies the newest commit (FORMAT.md, "Invariants"). Damage is reported, not thrown, and nothing is changed.
    /// Writers and searches continue meanwhile; pages that writers free are not reused until it ends.
    ///
    /// Damage in LMDB's pages can crash the process. The command `sparsestore verify` therefore reads the store in a
    /// child process.
    ///
    /// - Parameters:
    ///   - level: The extent of the checks.
    ///   - progress: Called occasionally. It may throw to stop.
    /// - Throws: The errors of `progress`; `closed`, `io`, `readersFull`.
    public func verify(
        _ level: VerificationLevel = .quick, progress: (VerificationProgress) throws -> Void = { _ in }
    ) throws -> VerificationReport {
        try SparseStoreError.translate {
            let commit = try CommitReader(environment, source.tables)
            return try Verifier(level: level, commit: commit).run(progress: progress)
        }
    }
}
