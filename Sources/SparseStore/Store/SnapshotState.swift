internal import LMDB
internal import SparseFormat

/// The state shared by all snapshots of one commit: its manifest and its open segments.
///
/// Its pointers are valid while a read transaction of the same number is held. The state itself holds none, so an idle
/// store does not keep pages from being reused.
final class SnapshotState: Sendable {
    /// The number of the LMDB transaction that made the commit.
    let transactionID: UInt64
    /// The memory map that the pointers refer to.
    let mapEpoch: UInt64
    let manifest: ManifestRecord
    let index: IndexView
    let encoder: EncoderRecord?
    let planner: Planner
    let filters = FilterCache()
    /// Nil if the store has never had a multivector.
    let multivectors: MultivectorSettings?
    let schema: AttributeSchema

    init(
        _ transactionID: UInt64, mapEpoch: UInt64, _ manifest: ManifestRecord, _ index: IndexView,
        _ encoder: EncoderRecord?, _ tuning: TuningRecord?, _ multivectors: MultivectorSettings?,
        _ schema: AttributeSchema
    ) {
        self.schema = schema
        self.transactionID = transactionID
        self.mapEpoch = mapEpoch
        self.manifest = manifest
        self.index = index
        self.encoder = encoder
        self.multivectors = multivectors
        let documents = index.members.reduce(0) { $0 + $1.segment.documentCount }
        let components = index.members.reduce(0) { $0 + Double($1.segment.directory.nonzeros) }
        let compact = index.members.reduce(0) { $0 + ($1.segment.isCompact ? $1.segment.documentCount : 0) }
        planner = Planner(
            tuning: tuning, documents: documents, components: components / Double(max(1, documents)),
            lookups: Double(compact) / Double(max(1, documents)), hasBlocks: index.blocks != nil)
    }
}
