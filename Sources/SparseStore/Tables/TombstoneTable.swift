internal import LMDB
internal import SparseFormat

/// The removed documents of each segment, as pages of a bitmap over its ordinals.
struct TombstoneTable {
    let tables: Tables
    let reader: Reader

    /// Returns the bitmap of a segment; nil if nothing in it was removed.
    func bitmap(_ segment: SegmentEntry) throws -> Bitmap? {
        guard segment.tombstones > 0 else { return nil }
        var bitmap = Bitmap(count: Int(segment.documents))
        let pages = (Int(segment.documents) + TombstonePage.ordinalsPerPage - 1) / TombstonePage.ordinalsPerPage
        for page in 0..<pages {
            guard let record = try self.page(segment.id, UInt32(page)) else { continue }
            bitmap.insert(bytes: record.bytes, at: page * TombstonePage.ordinalsPerPage)
        }
        guard bitmap.population == Int(segment.tombstones) else {
            throw SparseStoreError(
                .corrupted,
                "segment \(segment.id) has \(bitmap.population) tombstones, but its manifest entry says "
                    + "\(segment.tombstones); restore the store from a backup")
        }
        return bitmap
    }

    func page(_ segment: UInt32, _ page: UInt32) throws -> TombstonePage? {
        try TombstonePage(from: tables.tombstones, .tombstones, key: Keys.tombstones(segment, page), reader)
    }

    /// Adds ordinals to a segment's bitmap. They must not be in it yet.
    func add(_ ordinals: [Int], to segment: UInt32, _ writer: Writer) throws {
        for (page, group) in Dictionary(grouping: ordinals, by: { $0 / TombstonePage.ordinalsPerPage }) {
            var record = try self.page(segment, UInt32(page)) ?? TombstonePage.empty
            for ordinal in group {
                let bit = ordinal % TombstonePage.ordinalsPerPage
                record.bytes[bit >> 3] |= 1 << UInt8(bit & 7)
            }
            let key = Keys.tombstones(segment, UInt32(page))
            try record.put(into: tables.tombstones, .tombstones, key: key, writer)
        }
    }

    func remove(_ segment: SegmentEntry, _ writer: Writer) throws {
        guard segment.tombstones > 0 else { return }
        let pages = (Int(segment.documents) + TombstonePage.ordinalsPerPage - 1) / TombstonePage.ordinalsPerPage
        for page in 0..<pages { _ = try writer.delete(tables.tombstones, Keys.tombstones(segment.id, UInt32(page))) }
    }
}
