internal import LMDB
internal import SparseFormat

/// Makes snapshots of the newest commit, and remembers what it has decoded for the next one.
final class SnapshotSource: Sendable {
    let environment: Environment
    let tables: Tables
    let vocabulary = VocabularyCache()
    let codebooks = CodebookCache()
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
            // The map may have grown without a commit; a read transaction, such as ours, keeps it where it is.
            let mapEpoch = environment.mapEpoch
            if let newest, newest.transactionID == transactionID, newest.mapEpoch == mapEpoch { return newest }
            let meta = MetaTable(tables: tables, reader: reader)
            let manifest = try meta.manifest()
            let index = try segments.view(manifest, tables, reader, mapEpoch: mapEpoch)
            let multivectors = try MultivectorTable(tables: tables, reader: reader, codebooks: codebooks).settings()
            let state = SnapshotState(
                transactionID, mapEpoch: mapEpoch, manifest, index, try meta.tuning(), multivectors)
            // A thread that was held up may come with an older commit than another has seen.
            if newest.map({ ($0.mapEpoch, $0.transactionID) < (mapEpoch, transactionID) }) ?? true { newest = state }
            return state
        }
    }
}
