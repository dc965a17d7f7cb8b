internal import LMDB
internal import Logging
internal import SparseFormat
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

/// The file sizes before and after a compaction.
public struct CompactionReport: Sendable, Hashable, Codable {
    /// The size of the file before the compaction, in bytes.
    public var bytesBefore: Int
    /// The size of the file after the compaction, in bytes.
    public var bytesAfter: Int
}

extension Store {
    /// Returns the space of removed and rewritten documents to the file system. Writes the newest commit without free
    /// pages to a new file beside the store, which then replaces the store's file. Requires enough free disk space for
    /// the new file.
    ///
    /// Searches continue while the copy is made and wait only while the files are swapped. Writes wait for the whole
    /// compaction. For the smallest file, call `optimize(keepingBlocks:progress:)` first. A crash leaves either the
    /// complete old file or the complete new one.
    ///
    /// - Throws: `busy`, with nothing changed, if another process has the store open (close it there, or use
    ///   `backup(to:compacting:)`) or a snapshot is held for longer than 10 seconds; `readOnly`, `diskFull`, `io`,
    ///   `corrupted`, `closed`; `needsReopen` if the store could not be reopened.
    @discardableResult
    public func compact() throws(SparseStoreError) -> CompactionReport {
        try compact(cancellation: nil)
    }

    func compact(cancellation: Cancellation?) throws(SparseStoreError) -> CompactionReport {
        try SparseStoreError.wrap {
            let before = try environment.info().fileBytes
            // The new file does not need the space of retired segments.
            try file.write(isCancelled: { cancellation?.isRaised ?? false }) { writer in
                try RetiredSegments(writer: writer).makeRoom(for: .max)
            }
            try environment.compact { try cancellation?.check() }
            let report = CompactionReport(bytesBefore: before, bytesAfter: try environment.info().fileBytes)
            configuration.logger.debug(
                "compacted", metadata: ["before": "\(report.bytesBefore)", "after": "\(report.bytesAfter)"])
            return report
        }
    }
}
