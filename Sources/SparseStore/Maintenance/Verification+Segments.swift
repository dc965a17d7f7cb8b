internal import LMDB
internal import SparseFormat

extension Verification {
    /// Opens a segment. Returns nil and reports a finding if that fails.
    func window(_ entry: SegmentEntry) throws -> WindowSegment? {
        try open(entry.id, lacking: .segmentParts) {
            try WindowSegment(entry, SegmentTable(tables: tables, reader: reader), lists)
        }
    }

    /// Opens the block index. Returns nil and reports a finding if that fails.
    func blockIndex(_ record: BlockIndexRecord) throws -> BlockIndex? {
        try open(record.number, lacking: .blockParts) {
            try BlockIndex(record, SegmentTable(tables: tables, reader: reader))
        }
    }

    /// - Parameter invariant: The invariant that a missing part violates.
    private func open<R>(_ number: UInt32, lacking invariant: StoreInvariant, _ body: () throws -> R) throws -> R? {
        let prefix = Keys.segmentPrefix(number)
        try visit(.segments, prefix)
        return try attempt(.segments, prefix) {
            do {
                return try body()
            } catch let error as SparseStoreError where error.code == .corrupted {
                // The report adds the remedy.
                broken(invariant, .segments, prefix, error.problem)
                return nil
            }
        } ?? nil
    }

    /// Returns the record of the block index; nil if there is none, or, with a finding, if it cannot be read.
    func blockIndexRecord() throws -> BlockIndexRecord? {
        try attempt(.meta, Keys.blocks) { try MetaTable(tables: tables, reader: reader).blocks() } ?? nil
    }

    /// Returns the dead ordinals of a segment; nil, with a finding, if they cannot be read.
    func tombstones(_ window: WindowSegment) throws -> Bitmap? {
        let table = TombstoneTable(tables: tables, reader: reader)
        var bitmap = Bitmap(count: window.documentCount)
        for first in stride(from: 0, to: bitmap.count, by: TombstonePage.ordinalsPerPage) {
            let page = UInt32(first / TombstonePage.ordinalsPerPage)
            let read: TombstonePage?? = try attempt(.tombstones, Keys.tombstones(window.id, page)) {
                try table.page(window.id, page)
            }
            guard let found = read else { return nil }
            if let found { bitmap.insert(bytes: found.bytes, at: first) }
        }
        return bitmap
    }

    /// Calls `body` with each segment that can be opened and its dead ordinals.
    func forEachWindow(
        _ manifest: ManifestRecord, otherwise unseen: String, _ body: (WindowSegment, Bitmap) throws -> Void
    ) throws {
        for entry in manifest.segments {
            if let window = try window(entry), let dead = try tombstones(window) {
                try body(window, dead)
            } else {
                skip("\(unseen) of segment \(entry.id), because it cannot be opened")
            }
        }
    }
}
