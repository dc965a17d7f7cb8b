internal import LMDB
internal import Logging

/// What a compaction did to the file.
public struct CompactionReport: Sendable, Hashable, Codable {
    /// Size of the file before.
    public var bytesBefore: Int
    /// Size of the file after.
    public var bytesAfter: Int
}

extension Store {
    /// Gives the space of removed and rewritten documents back to the system: writes the newest commit without free pages
    /// into a new file beside the store, which then takes its place. Needs that much free space meanwhile.
    ///
    /// Searches go on while the copy is made, and wait for the moment in which the files change places; writes wait for
    /// all of it. For the smallest file `optimize(progress:)` first. A crash leaves the old file or the new one, whole.
    ///
    /// - Throws: `busy`, with nothing changed, when another process has the store open (close it there, or use
    ///   `backup(to:compacting:)`) or a snapshot is held longer than 10 seconds; `readOnly`, `diskFull`,
    ///   `io`, `corrupted`, `closed`; `needsReopen` when the store could not be opened again.
    @discardableResult
    public func compact() throws(SparseStoreError) -> CompactionReport {
        try compact(cancellation: nil)
    }

    func compact(cancellation: Cancellation?) throws(SparseStoreError) -> CompactionReport {
        try SparseStoreError.wrap {
            let before = try environment.info().fileBytes
            // Nobody needs their room in the new file.
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
