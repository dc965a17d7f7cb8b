internal import LMDB
internal import SparseFormat

/// What the searches of one commit share: a read transaction, the manifest and the open segments.
final class SnapshotState: Sendable {
    let tables: Tables
    let manifest: ManifestRecord
    let index: IndexView
    /// The LMDB transaction's number, to tell whether a newer commit exists.
    let transactionID: UInt64

    private let transaction: ReadTransaction
    // A read transaction is used by one thread at a time.
    private let gate = Lock(())

    init(_ environment: Environment, _ tables: Tables, _ cache: SegmentCache) throws {
        let transaction = try environment.beginRead()
        let reader = transaction.reader
        self.tables = tables
        transactionID = transaction.id
        manifest = try MetaTable(tables: tables, reader: reader).manifest()
        index = try cache.view(manifest, tables, reader, mapEpoch: environment.mapEpoch)
        self.transaction = transaction
    }

    /// Reads tables; the bytes they return are valid inside `body`.
    func withReader<R>(_ body: (Reader) throws -> R) throws -> R {
        try gate.withLock { _ in try body(transaction.reader) }
    }
}
