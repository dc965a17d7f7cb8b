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
            if let unopened = contents.unopened, unopened.record == record {
                damage = unopened.damage
            } else if contents.mapEpoch != mapEpoch || contents.blocks?.record != record {
                contents.blocks = try record.flatMap { record in
                    try attempt { try BlockIndex(record, reader.segments) }
                }
                contents.unopened = record.flatMap { record in damage.map { (record, $0) } }
            }
            let members = try members(manifest.segments, reader, mapEpoch: mapEpoch, &contents)
            return CommitIndex(members: members, blocks: contents.blocks, unopenedBlocks: damage)
        }
    }

    /// Returns the members for some segments, without the block index. Opens new segments and drops all others.
    func members(_ entries: [SegmentEntry], _ reader: StoreReader, mapEpoch: UInt64) throws -> [CommitIndex.Member] {
        try contents.withLock { try members(entries, reader, mapEpoch: mapEpoch, &$0) }
    }

    private func members(
        _ entries: [SegmentEntry], _ reader: StoreReader, mapEpoch: UInt64, _ contents: inout Contents
    ) throws -> [CommitIndex.Member] {
        let known = contents.mapEpoch == mapEpoch ? contents.members : [:]
        let opened = try open(entries.filter { known[$0.id] == nil }, reader)
        let members = try entries.map { try member($0, known[$0.id], opened[$0.id], reader) }
        contents.mapEpoch = mapEpoch
        contents.members = Dictionary(uniqueKeysWithValues: members.map { ($0.segment.id, $0) })
        return members
    }

    /// The number of segments from which on several threads open them.
    private static let many = 8

    /// Opens segments, on all processors if they are many.
    private func open(_ entries: [SegmentEntry], _ reader: StoreReader) throws -> [UInt32: WindowSegment] {
        let parts = try entries.map { try SegmentParts($0, reader.segments) }
        let threads = entries.count < Self.many ? 1 : WorkerThread.processors
        let opened = WorkerThread.map(parts.count, onUpTo: threads) { index in
            Result { try WindowSegment(parts[index], lists) }
        }
        return Dictionary(uniqueKeysWithValues: try zip(entries, opened).map { ($0.id, try $1.get()) })
    }

    private func member(
        _ entry: SegmentEntry, _ known: CommitIndex.Member?, _ opened: WindowSegment?, _ reader: StoreReader
    ) throws -> CommitIndex.Member {
        guard let segment = known?.segment ?? opened else {
            throw SparseStoreError.corrupted("the manifest names segment \(entry.id) twice")
        }
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
