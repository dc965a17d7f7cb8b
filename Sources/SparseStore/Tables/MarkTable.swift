internal import LMDB
internal import SparseFormat

/// The property that the pages of a bitmap over the ordinals of a segment mark.
enum Mark {
    /// Documents that were removed from the store.
    case removed
    /// Documents whose tags or attributes were changed after the segment was made. `documents` has their current
    /// values.
    case changed

    /// The table of the pages.
    var table: TableNumber {
        switch self {
        case .removed: .tombstones
        case .changed: .changes
        }
    }

    /// The name of one or more marks in messages.
    var noun: String {
        switch self {
        case .removed: "tombstones"
        case .changed: "changed documents"
        }
    }

    /// Returns the number of marks that the manifest counts in a segment.
    func count(in segment: SegmentEntry) -> Int {
        switch self {
        case .removed: Int(segment.tombstones)
        case .changed: Int(segment.changes)
        }
    }
}

/// The marked documents of each segment, as pages of a bitmap over its ordinals.
struct MarkTable {
    let mark: Mark
    let reader: StoreReader

    /// Returns the bitmap of a segment; nil if nothing in it is marked.
    func bitmap(_ segment: SegmentEntry) throws -> Bitmap? {
        let expected = mark.count(in: segment)
        guard expected > 0 else { return nil }
        var bitmap = Bitmap(count: Int(segment.documents))
        for page in Self.pages(segment) {
            guard let record = try self.page(segment.id, page) else { continue }
            bitmap.insert(bytes: record.bytes, at: Int(page) * TombstonePage.ordinalsPerPage)
        }
        guard bitmap.population == expected else {
            throw SparseStoreError.corrupted(
                "segment \(segment.id) has \(bitmap.population) \(mark.noun), but its manifest "
                    + "entry says \(expected)")
        }
        return bitmap
    }

    func page(_ segment: UInt32, _ page: UInt32) throws -> TombstonePage? {
        try TombstonePage(from: mark.table, key: Keys.tombstones(segment, page), reader)
    }

    fileprivate static func pages(_ segment: SegmentEntry) -> Range<UInt32> {
        0..<UInt32((Int(segment.documents) + TombstonePage.ordinalsPerPage - 1) / TombstonePage.ordinalsPerPage)
    }
}

extension StoreWriter {
    /// Marks ordinals of a segment. Returns the number of those that were not marked yet.
    @discardableResult
    func mark(_ ordinals: some Sequence<Int>, as mark: Mark, in segment: UInt32) throws -> Int {
        let marks = reader.marks(mark)
        var added = 0
        for (page, group) in Dictionary(grouping: ordinals, by: { $0 / TombstonePage.ordinalsPerPage }) {
            var record = try marks.page(segment, UInt32(page)) ?? TombstonePage.empty
            for ordinal in group {
                let bit = ordinal % TombstonePage.ordinalsPerPage
                guard !record.contains(bit) else { continue }
                record.bytes[bit >> 3] |= 1 << UInt8(bit & 7)
                added += 1
            }
            try record.put(into: mark.table, key: Keys.tombstones(segment, UInt32(page)), self)
        }
        return added
    }

    func removeMarks(_ mark: Mark, of segment: SegmentEntry) throws {
        guard mark.count(in: segment) > 0 else { return }
        for page in MarkTable.pages(segment) { try delete(mark.table, Keys.tombstones(segment.id, page)) }
    }
}
