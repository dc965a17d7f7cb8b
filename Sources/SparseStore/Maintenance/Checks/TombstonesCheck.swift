internal import LMDB
internal import SparseFormat

/// Checks that the tombstones of each segment are as many as the manifest says, all for existing documents (I104).
enum TombstonesCheck: VerificationCheck {
    static let name = "tombstones"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let entries = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        var counts: [UInt32: Int] = [:]
        var unread: Set<UInt32> = []
        try verification.forEach(.tombstones) { entry in
            guard let key = try? Keys.parseTombstones(entry.key), let segment = entries[key.segment] else {
                return true
            }
            let page = try verification.attempt(.tombstones, entry.key) {
                try TombstonePage(sealed: entry.value, in: .tombstones, key: entry.key)
            }
            guard let page else {
                unread.insert(key.segment)
                return true
            }
            counts[key.segment, default: 0] += page.count
            let first = Int(key.page) * TombstonePage.ordinalsPerPage
            let last = (0..<TombstonePage.ordinalsPerPage).last { page.contains($0) }
            if let last, first + last >= Int(segment.documents) {
                verification.broken(
                    .tombstones, .tombstones, entry.key,
                    "ordinal \(first + last) of segment \(segment.id) has a tombstone, but the segment has "
                        + "\(segment.documents) documents")
            }
            return true
        }
        for segment in manifest.segments where !unread.contains(segment.id) {
            let count = counts[segment.id, default: 0]
            guard count != Int(segment.tombstones) else { continue }
            verification.broken(
                .tombstones, .tombstones, Keys.segmentPrefix(segment.id),
                "segment \(segment.id) has \(count) tombstones, but its entry in the manifest says "
                    + "\(segment.tombstones)")
        }
    }
}
