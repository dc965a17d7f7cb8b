internal import LMDB
internal import SparseFormat

/// Checks that there are no values of segments that nothing refers to (I111).
enum OrphansCheck: VerificationCheck {
    static let name = "orphans"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let listed = Set(manifest.segments.map(\.id))
        let meta = MetaTable(tables: verification.tables, reader: verification.reader)
        let staged = try verification.attempt(.meta, Keys.merge) { try meta.merge()?.staged ?? [] }
        let retired = try verification.attempt(.meta, Keys.retired) { try meta.retired() }
        let blocks = try verification.attempt(.meta, Keys.blocks) { try [meta.blocks()?.number].compactMap(\.self) }
        guard let staged, let retired, let blocks else { return verification.skip("which values belong to no segment") }
        for (table, named) in [
            (TableNumber.segments, listed.union(staged).union(retired).union(blocks)), (TableNumber.tombstones, listed),
        ] {
            var first: [UInt8]? = []
            // One look at each segment: from its first key on to the next segment.
            while let from = first {
                first = nil
                try verification.forEach(table, from: from) { entry in
                    guard entry.key.count >= 4 else { return true }
                    let id = entry.key.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
                    if !named.contains(id) {
                        verification.broken(
                            .orphans, table, entry.key.prefix(4),
                            "there are values of segment \(id), which does not exist")
                    }
                    if id < .max { first = Keys.segmentPrefix(id + 1) }
                    return false
                }
            }
        }
    }
}
