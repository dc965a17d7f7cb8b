internal import LMDB
internal import SparseFormat

/// Replaces segments with those that a merge has made from them, within one write transaction.
struct SegmentReplacement {
    /// A segment that a merge has made.
    struct Merged {
        var entry: SegmentEntry
        /// The checksum of each document when it was read, in ascending order of numbers.
        var checksums: [UInt64]
    }

    let writer: StoreWriter

    private var segments: SegmentTable { writer.reader.segments }
    private var documents: DocumentTable { writer.reader.documents }
    private var tombstones: MarkTable { writer.reader.tombstones }
    private var changes: MarkTable { writer.reader.changes }

    /// - Parameters:
    ///   - range: The positions of the sources in the manifest.
    ///   - merged: The new segments. All their parts have been written.
    func apply(_ range: Range<Int>, _ merged: [Merged], _ manifest: inout ManifestRecord) throws {
        var merged = merged
        let sources = Array(manifest.segments[range])
        try replay(sources, onto: &merged)
        try replayChanges(sources, onto: &merged)
        for segment in sources {
            try writer.removeMarks(.removed, of: segment)
            try writer.removeMarks(.changed, of: segment)
        }
        try RetiredSegments(writer: writer).retire(sources)
        manifest.segments.replaceSubrange(range, with: merged.map(\.entry))
        manifest.bytesMerged += merged.reduce(0) { $0 + $1.entry.bytes }
        try dropBlocks(unlessUseful: manifest)
    }

    /// Drops a block index when most of its sources are gone, because their documents are found in other segments.
    private func dropBlocks(unlessUseful manifest: ManifestRecord) throws {
        // A record that cannot be read is left for `verify` to find and for the next build to replace.
        guard let blocks = try writer.reader.meta.readableBlocks() else { return }
        let live = Set(manifest.segments.map(\.id))
        let left = blocks.sources.filter { live.contains($0.segment) }
        guard left.map({ Int($0.documents) }).reduce(0, +) * 2 < blocks.documents else { return }
        try writer.putBlocks(nil)
        guard !live.contains(blocks.number) else { return }
        try RetiredSegments(writer: writer).retire([(number: blocks.number, bytes: blocks.bytes)])
    }

    /// Marks a document as dead in the new segment if it was removed after the merge read it. A document that was
    /// already dead or gone is not in the new segment.
    private func replay(_ sources: [SegmentEntry], onto merged: inout [Merged]) throws {
        guard sources.contains(where: { $0.tombstones > 0 }), !merged.isEmpty else { return }
        let numbers = try merged.map { try SegmentNumbers($0.entry.id, segments, copying: true) }
        var dead = [[Int]](repeating: [], count: merged.count)
        for source in sources {
            guard let bitmap = try tombstones.bitmap(source) else { continue }
            try SegmentNumbers(source.id, segments, copying: true).forEach { number, ordinal in
                guard bitmap.contains(ordinal),
                    let target = merged.firstIndex(where: { $0.entry.holds(number) }),
                    let ordinal = numbers[target].ordinal(of: number)
                else { return }
                // Or the new segment would have to be rewritten for it, and the next, and so on.
                guard try documents.view(number) == nil else {
                    throw SparseStoreError(
                        .corrupted,
                        problem: "document \(number) is stored, but segment \(source.id) marks it as "
                            + "removed",
                        remedy: "run 'repair'")
                }
                dead[target].append(ordinal)
            }
        }
        for (target, ordinals) in dead.enumerated() where !ordinals.isEmpty {
            try writer.mark(ordinals, as: .removed, in: merged[target].entry.id)
            merged[target].entry.tombstones = UInt32(ordinals.count)
        }
    }

    /// Marks a document as changed in the new segment if its tags or attributes changed after the merge read it, as its
    /// checksum shows. Earlier changes are part of the new segment.
    private func replayChanges(_ sources: [SegmentEntry], onto merged: inout [Merged]) throws {
        guard sources.contains(where: { $0.changes > 0 }), !merged.isEmpty else { return }
        let numbers = try merged.map { try SegmentNumbers($0.entry.id, segments, copying: true) }
        var changed = [Set<Int>](repeating: [], count: merged.count)
        for source in sources {
            guard let bitmap = try changes.bitmap(source) else { continue }
            try SegmentNumbers(source.id, segments, copying: true).forEach { number, ordinal in
                guard bitmap.contains(ordinal), let target = merged.firstIndex(where: { $0.entry.holds(number) }),
                    let rank = numbers[target].rank(of: number),
                    let document = try documents.view(number),
                    document.checksum != merged[target].checksums[rank]
                else { return }
                changed[target].insert(numbers[target].ordinal(rank: rank))
            }
        }
        for (target, ordinals) in changed.enumerated() where !ordinals.isEmpty {
            merged[target].entry.changes = UInt32(
                try writer.mark(ordinals, as: .changed, in: merged[target].entry.id))
            merged[target].entry.changedAt = sources.map(\.changedAt).max() ?? 0
        }
    }
}

extension SegmentEntry {
    /// Returns whether a document number lies in the range of the segment.
    func holds(_ number: UInt64) -> Bool { firstDocument <= number && number <= lastDocument }
}

/// Merged-away segments whose parts are kept until their space is needed, within one write transaction.
///
/// A part takes a run of pages. LMDB hands out free pages for any request, including single pages, so a few dozen
/// commits would fragment every long run until no part fits, and the file would grow although half of it is free.
/// Therefore a run is freed only when one is needed: a transaction deletes as many bytes of retired segments as it
/// writes of new ones.
struct RetiredSegments {
    let writer: StoreWriter

    /// The size below which segments have no runs worth keeping.
    private static let leastBytes: UInt64 = 64 << 10

    private var segments: SegmentTable { writer.reader.segments }
    private var meta: MetaTable { writer.reader.meta }

    /// Retires segments that leave the manifest.
    func retire(_ entries: [SegmentEntry]) throws { try retire(entries.map { (number: $0.id, bytes: $0.bytes) }) }

    /// Retires segment numbers that nothing refers to, with the number of bytes under each.
    func retire(_ entries: [(number: UInt32, bytes: UInt64)]) throws {
        for entry in entries where entry.bytes < Self.leastBytes { try writer.removeSegment(entry.number) }
        let retired = try meta.retired() + entries.filter { $0.bytes >= Self.leastBytes }.map(\.number)
        // The record has a maximum size, so the oldest segments are removed at once.
        let excess = max(0, retired.count - Limits.maximumSegments)
        for segment in retired.prefix(excess) { try writer.removeSegment(segment) }
        try writer.putRetired(Array(retired.dropFirst(excess)))
    }

    /// Deletes values to free space for the given number of bytes, starting with the oldest segments.
    func makeRoom(for bytes: UInt64) throws {
        guard bytes >= Self.leastBytes else { return }
        var rest = Int(clamping: bytes)
        var retired = try meta.retired()[...]
        guard !retired.isEmpty else { return }
        while rest > 0, let segment = retired.first {
            rest -= try writer.removeSegment(segment, upTo: rest)
            if rest > 0 { retired.removeFirst() }
        }
        try writer.putRetired(Array(retired))
    }
}
