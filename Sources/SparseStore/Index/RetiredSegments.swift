internal import LMDB
internal import SparseFormat

/// Segments that were merged away and keep their parts until others need the room, within one write transaction.
///
/// A part takes a run of pages. LMDB gives free pages to whoever asks, single ones too: a few dozen commits grind every
/// long run into bits that no part fits in, and the file grows although half of it is free. So a run becomes free only when
/// one is wanted: a transaction deletes as many bytes of retired segments as it writes of new ones.
struct RetiredSegments {
    let tables: Tables
    let writer: Writer

    /// Smaller segments have no runs worth keeping.
    private static let leastBytes: UInt64 = 64 << 10

    private var segments: SegmentTable { SegmentTable(tables: tables, reader: writer.reader) }
    private var meta: MetaTable { MetaTable(tables: tables, reader: writer.reader) }

    /// Takes in segments that leave the manifest.
    func retire(_ entries: [SegmentEntry]) throws { try retire(entries.map { (number: $0.id, bytes: $0.bytes) }) }

    /// Takes in numbers that nothing names any more, and how many bytes stand under each.
    func retire(_ entries: [(number: UInt32, bytes: UInt64)]) throws {
        for entry in entries where entry.bytes < Self.leastBytes { try segments.remove(entry.number, writer) }
        let retired = try meta.retired() + entries.filter { $0.bytes >= Self.leastBytes }.map(\.number)
        // Room for a record of its own, whatever happens: the oldest go at once.
        let excess = max(0, retired.count - Limits.maximumSegments)
        for segment in retired.prefix(excess) { try segments.remove(segment, writer) }
        try MetaTable.put(retired: Array(retired.dropFirst(excess)), tables, writer)
    }

    /// Deletes values that take the room of so many bytes written, the oldest segments' first.
    func makeRoom(for bytes: UInt64) throws {
        guard bytes >= Self.leastBytes else { return }
        var rest = Int(clamping: bytes)
        var retired = try meta.retired()[...]
        guard !retired.isEmpty else { return }
        while rest > 0, let segment = retired.first {
            rest -= try segments.remove(segment, upTo: rest, writer)
            if rest > 0 { retired.removeFirst() }
        }
        try MetaTable.put(retired: Array(retired), tables, writer)
    }
}
