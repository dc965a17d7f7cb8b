internal import LMDB
internal import Platform
internal import SparseFormat

/// Caches the open segments and tombstones of the newest snapshot, so that the first query after a commit opens only
/// what the commit added.
///
/// Segments are immutable, their numbers are never reused, and tombstones only grow. Therefore a cached segment is
/// valid for its number and a bitmap for its population, as long as the map has not moved.
final class SegmentCache: Sendable {
    private struct Contents {
        var mapEpoch: UInt64 = 0
        var members: [UInt32: CommitIndex.Member] = [:]
        var blocks: BlockIndex?
        /// The record of a block index that could not be opened.
        var unopened: (record: BlockIndexRecord, damage: BlockDamage)?
    }

    private let contents = Lock(Contents())
    private let lists: ListCache

    init(lists: ListCache) { self.lists = lists }

    /// Returns the index of a manifest. Opens new segments and drops those that are gone.
    func index(_ manifest: ManifestRecord, _ reader: StoreReader, mapEpoch: UInt64) throws -> CommitIndex {
        // Searches work without the block index.
        var damage: BlockDamage?
        func attempt<R>(_ body: () throws -> R?) throws -> R? {
            do {
                return try BlockDamage.of(body)
            } catch let found as BlockDamage {
                damage = found
                return nil
            }
        }
        let record = try attempt { try reader.meta.blocks() }
        return try contents.withLock { contents in
            let known = contents.mapEpoch == mapEpoch ? contents.members : [:]
            if let unopened = contents.unopened, unopened.record == record {
                damage = unopened.damage
            } else if contents.mapEpoch != mapEpoch || contents.blocks?.record != record {
                contents.blocks = try record.flatMap { record in
                    try attempt { try BlockIndex(record, reader.segments) }
                }
                contents.unopened = record.flatMap { record in damage.map { (record, $0) } }
            }
            let members = try manifest.segments.map { entry in
                try member(entry, known[entry.id], reader)
            }
            contents.mapEpoch = mapEpoch
            contents.members = Dictionary(uniqueKeysWithValues: members.map { ($0.segment.id, $0) })
            return CommitIndex(members: members, blocks: contents.blocks, unopenedBlocks: damage)
        }
    }

    private func member(
        _ entry: SegmentEntry, _ known: CommitIndex.Member?, _ reader: StoreReader
    ) throws -> CommitIndex.Member {
        let segment =
            try known?.segment ?? WindowSegment(entry, reader.segments, lists)
        let isSameDead = known?.deadCount == Int(entry.tombstones)
        if let known, isSameDead, known.changes?.changedAt ?? 0 == entry.changedAt { return known }
        let tombstones =
            isSameDead ? known?.tombstones : try reader.tombstones.bitmap(entry)
        guard var changed = try reader.changes.bitmap(entry) else {
            return CommitIndex.Member(segment: segment, tombstones: tombstones)
        }
        if let tombstones { changed.subtract(tombstones) }
        var live: [Int] = []
        changed.forEach { live.append($0) }
        return CommitIndex.Member(
            segment: segment, tombstones: tombstones, changes: MemberChanges(changedAt: entry.changedAt, live: live))
    }
}
