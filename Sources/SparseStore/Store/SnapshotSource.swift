internal import LMDB
internal import SparseFormat

/// Makes snapshots of the newest commit, and remembers what it has decoded for the next one.
final class SnapshotSource: Sendable {
    let environment: Environment
    let tables: Tables
    let vocabulary = VocabularyCache()
    let scratch = ScratchPool()
    private let segments = SegmentCache()
    private let newest = Lock<SnapshotState?>(nil)

    init(_ environment: Environment, _ tables: Tables) {
        self.environment = environment
        self.tables = tables
    }

    /// A snapshot of the newest commit, of this process or another.
    func snapshot() throws -> Snapshot {
        let transaction = try environment.beginRead()
        let state = try state(transaction.id, transaction.reader)
        return Snapshot(transaction, state, self)
    }

    private func state(_ transactionID: UInt64, _ reader: Reader) throws -> SnapshotState {
        try newest.withLock { newest in
            if let newest, newest.transactionID == transactionID { return newest }
            let meta = MetaTable(tables: tables, reader: reader)
            let manifest = try meta.manifest()
            let index = try segments.view(manifest, tables, reader, mapEpoch: environment.mapEpoch)
            let state = SnapshotState(transactionID, manifest, index, try meta.tuning())
            // A thread that was held up may come with an older commit than another has seen.
            if newest.map({ $0.transactionID < transactionID }) ?? true { newest = state }
            return state
        }
    }
}
