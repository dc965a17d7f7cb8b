internal import LMDB
internal import SparseFormat

/// Merged-away segments whose parts are kept until their space is needed, within one write transaction.
///
/// A part takes a run of pages. LMDB hands out free pages for any request, including single pages, so a few dozen
/// commits would fragment every long run until no part fits, and the file would grow although half of it is free.
/// Therefore a run is freed only when one is needed: a transaction deletes as many bytes of retired segments as it
/// writes of new ones.
struct RetiredSegments {
    let tables: Tables
    let writer: Writer

    /// The size below which segments have no runs worth keeping.
    private static let leastBytes: UInt64 = 64 << 10

    private var segments: SegmentTable { SegmentTable(tables: tables, reader: writer.reader) }
    private var meta: MetaTable { MetaTable(tables: tables, reader: writer.reader) }

    /// Retires segments that leave the manifest.
    func retire(_ entries: [SegmentEntry]) throws { try retire(entries.map { (number: $0.id, bytes: $0.bytes) }) }

    /// Retires segment numbers that nothing refers to, with the number of bytes under each.
    func retire(_ entries: [(number: UInt32, bytes: UInt64)]) throws {
        for entry in entries where entry.bytes < Self.leastBytes { try segments.remove(entry.number, writer) }
        let retired = try meta.retired() + entries.filter { $0.bytes >= Self.leastBytes }.map(\.number)
        // The record has a maximum size, so the oldest segments are removed at once.
        let excess = max(0, retired.count - Limits.maximumSegments)
        for segment in retired.prefix(excess) { try segments.remove(segment, writer) }
        try MetaTable.put(retired: Array(retired.dropFirst(excess)), tables, writer)
    }

    /// Deletes values to free space for the given number of bytes, starting with the oldest segments.
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
