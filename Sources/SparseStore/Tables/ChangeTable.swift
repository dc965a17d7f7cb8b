internal import LMDB
internal import SparseFormat

/// The documents of each segment whose tags or attributes were changed after the segment was made, as pages of a bitmap
/// over its ordinals. `documents` has their current values.
struct ChangeTable {
    let tables: Tables
    let reader: Reader

    /// Returns the bitmap of a segment; nil if nothing in it was changed.
    func bitmap(_ segment: SegmentEntry) throws -> Bitmap? {
        guard segment.changes > 0 else { return nil }
        var bitmap = Bitmap(count: Int(segment.documents))
        for page in Self.pages(segment) {
            guard let record = try self.page(segment.id, page) else { continue }
            bitmap.insert(bytes: record.bytes, at: Int(page) * TombstonePage.ordinalsPerPage)
        }
        guard bitmap.population == Int(segment.changes) else {
            throw SparseStoreError(
                .corrupted,
                "segment \(segment.id) has \(bitmap.population) changed documents, but its manifest entry says "
                    + "\(segment.changes); restore the store from a backup")
        }
        return bitmap
    }

    func page(_ segment: UInt32, _ page: UInt32) throws -> TombstonePage? {
        try TombstonePage(from: tables.changes, .changes, key: Keys.tombstones(segment, page), reader)
    }

    /// Adds ordinals to a segment's bitmap. Returns the number of ordinals that were not in it.
    func add(_ ordinals: Set<Int>, to segment: UInt32, _ writer: Writer) throws -> Int {
        var added = 0
        for (page, group) in Dictionary(grouping: ordinals, by: { $0 / TombstonePage.ordinalsPerPage }) {
            var record = try self.page(segment, UInt32(page)) ?? TombstonePage.empty
            for ordinal in group {
                let bit = ordinal % TombstonePage.ordinalsPerPage
                guard !record.contains(bit) else { continue }
                record.bytes[bit >> 3] |= 1 << UInt8(bit & 7)
                added += 1
            }
            try record.put(into: tables.changes, .changes, key: Keys.tombstones(segment, UInt32(page)), writer)
        }
        return added
    }

    func remove(_ segment: SegmentEntry, _ writer: Writer) throws {
        guard segment.changes > 0 else { return }
        for page in Self.pages(segment) { _ = try writer.delete(tables.changes, Keys.tombstones(segment.id, page)) }
    }

    private static func pages(_ segment: SegmentEntry) -> Range<UInt32> {
        0..<UInt32((Int(segment.documents) + TombstonePage.ordinalsPerPage - 1) / TombstonePage.ordinalsPerPage)
    }
}
