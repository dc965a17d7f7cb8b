internal import LMDB
internal import SparseFormat

/// Checks that each segment of the manifest is complete, can be opened, and matches its entry (I110, and what a reader
/// verifies when it opens a window).
enum SegmentsCheck: VerificationCheck {
    static let name = "segments"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        for entry in manifest.segments {
            let prefix = Keys.segmentPrefix(entry.id)
            guard try hasItsParts(verification, entry, prefix) else { continue }
            _ = try verification.attempt(in: .segments, at: prefix) {
                guard let window = try verification.window(entry) else { return }
                try window.checkChunkHeaders()
                let numbers = window.numbers
                let (first, last) = (numbers.number(rank: 0), numbers.number(rank: numbers.count - 1))
                if first != entry.firstDocument || last != entry.lastDocument {
                    verification.broken(
                        .segmentParts, in: .segments, at: prefix,
                        "segment \(entry.id) has the documents \(first) to \(last), but its entry says "
                            + "\(entry.firstDocument) to \(entry.lastDocument)")
                }
            }
        }
    }

    /// Checks only the keys and the lengths. Returns false if a part is missing without which the segment cannot be
    /// opened.
    private static func hasItsParts(
        _ verification: Verification, _ entry: SegmentEntry, _ prefix: [UInt8]
    ) throws -> Bool {
        var counts: [SegmentTable.Part: UInt32] = [:]
        var bytes: UInt64 = 0
        var isWhole = true
        func broken(_ sentence: String) {
            verification.broken(.segmentParts, in: .segments, at: prefix, "segment \(entry.id) \(sentence)")
        }
        try verification.forEach(.segments, from: prefix) { value in
            guard value.key.starts(with: prefix) else { return false }
            bytes += UInt64(value.value.count)
            // What is no key of this table is found among the values.
            guard let key = try? Keys.parseSegment(value.key), let part = SegmentTable.Part(rawValue: key.part) else {
                return true
            }
            let next = counts[part, default: 0]
            if key.index != next {
                broken("has no \(part) \(next)")
                isWhole = false
            }
            counts[part] = key.index &+ 1
            return true
        }
        for part in SegmentTable.Part.allCases {
            switch (part, counts[part, default: 0]) {
            case (.forward, let count) where entry.isCompact, (.forwardChunk, let count) where entry.isCompact:
                if count > 0 { broken("has a \(part), but its entry says that it is compact") }
            case (let part, let count) where part.isOfBlocks:
                if count > 0 { broken("has a \(part), which only block indexes have") }
            // A window has no lists if none of its documents has a vector.
            case (.chunk, 0) where entry.nonzeros == 0: continue
            case (.tags, _), (.column, _), (.order, 0...1), (.chunk, 1...), (.forwardChunk, 1...), (_, 1): continue
            case (_, 0):
                broken("has no \(part)")
                isWhole = false
            default: broken("has more than one \(part)")
            }
        }
        if bytes != entry.bytes {
            broken("has values of \(bytes) bytes, but its entry says \(entry.bytes)")
        }
        return isWhole
    }
}

/// Checks that the tombstones of each segment are as many as the manifest says, all for existing documents (I104).
enum TombstonesCheck: VerificationCheck {
    static let name = "tombstones"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        // `OrphansCheck` reports pages of segments that do not exist.
        try verification.checkMarks(.removed, .tombstones, manifest) { _, _ in }
    }
}

/// Checks that the marks of changed tags and attributes are as many as the manifest says, all for existing documents
/// (I125).
enum ChangesCheck: VerificationCheck {
    static let name = "changes"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        try verification.checkMarks(.changed, .changes, manifest) { key, segment in
            verification.broken(
                .changes, in: .changes, at: key, "there are changes of segment \(segment), which does not exist")
        }
    }
}

extension Verification {
    /// Compares the pages of a mark with the segments and counts of the manifest.
    ///
    /// - Parameter orphan: Called with the key of a page and the segment in it if that segment does not exist.
    fileprivate func checkMarks(
        _ mark: Mark, _ invariant: StoreInvariant, _ manifest: ManifestRecord,
        orphan: (UnsafeRawBufferPointer, UInt32) -> Void
    ) throws {
        let entries = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        var counts: [UInt32: Int] = [:]
        var unread: Set<UInt32> = []
        try forEach(mark.table) { entry in
            guard let key = try? Keys.parseTombstones(entry.key) else { return true }
            guard let segment = entries[key.segment] else {
                orphan(entry.key, key.segment)
                return true
            }
            let page = try attempt(in: mark.table, at: entry.key) {
                try TombstonePage(sealed: entry.value, in: mark.table, key: entry.key)
            }
            guard let page else {
                unread.insert(key.segment)
                return true
            }
            counts[key.segment, default: 0] += page.count
            let first = Int(key.page) * TombstonePage.ordinalsPerPage
            let last = (0..<TombstonePage.ordinalsPerPage).last { page.contains($0) }
            if let last, first + last >= Int(segment.documents) {
                broken(
                    invariant, in: mark.table, at: entry.key,
                    "ordinal \(first + last) of segment \(segment.id) is among its \(mark.noun), but the segment has "
                        + "\(segment.documents) documents")
            }
            return true
        }
        for segment in manifest.segments where !unread.contains(segment.id) {
            let (count, expected) = (counts[segment.id, default: 0], mark.count(in: segment))
            guard count != expected else { continue }
            broken(
                invariant, in: mark.table, at: Keys.segmentPrefix(segment.id),
                "segment \(segment.id) has \(count) \(mark.noun), but its entry in the manifest says \(expected)")
        }
    }
}
