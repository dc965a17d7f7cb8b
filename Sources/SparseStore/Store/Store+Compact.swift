internal import LMDB
internal import Logging

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
    /// compaction. For the smallest file, call `optimize(progress:)` first. After a crash, either the old or the new
    /// file is in place, complete.
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
            try environment.write(isCancelled: { cancellation?.isRaised ?? false }) { transaction in
                try RetiredSegments(tables: source.tables, writer: transaction.writer).makeRoom(for: .max)
            }
            try environment.compact { try cancellation?.check() }
            let report = CompactionReport(bytesBefore: before, bytesAfter: try environment.info().fileBytes)
            configuration.logger.debug(
                "compacted", metadata: ["before": "\(report.bytesBefore)", "after": "\(report.bytesAfter)"])
            return report
        }
    }
}
