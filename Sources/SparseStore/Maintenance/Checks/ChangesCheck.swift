internal import LMDB
internal import SparseFormat

/// Checks that the marks of changed tags and attributes are as many as the manifest says, all for existing documents
/// (I125).
enum ChangesCheck: VerificationCheck {
    static let name = "changes"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let entries = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        var counts: [UInt32: Int] = [:]
        var unread: Set<UInt32> = []
        try verification.forEach(.changes) { entry in
            guard let key = try? Keys.parseTombstones(entry.key) else { return true }
            guard let segment = entries[key.segment] else {
                verification.broken(
                    .changes, .changes, entry.key, "there are changes of segment \(key.segment), which does not exist")
                return true
            }
            let page = try verification.attempt(.changes, entry.key) {
                try TombstonePage(sealed: entry.value, in: .changes, key: entry.key)
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
                    .changes, .changes, entry.key,
                    "ordinal \(first + last) of segment \(segment.id) is marked as changed, but the segment has "
                        + "\(segment.documents) documents")
            }
            return true
        }
        for segment in manifest.segments where !unread.contains(segment.id) {
            let count = counts[segment.id, default: 0]
            guard count != Int(segment.changes) else { continue }
            verification.broken(
                .changes, .changes, Keys.segmentPrefix(segment.id),
                "segment \(segment.id) has \(count) changed documents, but its entry in the manifest says "
                    + "\(segment.changes)")
        }
    }
}
