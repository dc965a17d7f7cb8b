internal import LMDB
internal import SparseFormat

/// Values of segments that the manifest does not list (I111).
enum OrphansCheck: VerificationCheck {
    static let name = "orphans"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let listed = Set(manifest.segments.map(\.id))
        for table in [TableNumber.segments, .tombstones] {
            var first: [UInt8]? = []
            // One look at each segment: from its first key on to the next segment.
            while let from = first {
                first = nil
                try verification.forEach(table, from: from) { entry in
                    guard entry.key.count >= 4 else { return true }
                    let id = entry.key.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
                    if !listed.contains(id) {
                        verification.broken(
                            .orphans, table, entry.key.prefix(4),
                            "there are values of segment \(id), which the manifest does not list")
                    }
                    if id < .max { first = Keys.segmentPrefix(id + 1) }
                    return false
                }
            }
        }
    }
}
