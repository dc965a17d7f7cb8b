internal import LMDB
internal import SparseFormat

/// Checks the segments of the merge in progress (I118) and the retired segments (I119).
enum MergesCheck: VerificationCheck {
    static let name = "merges"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let meta = MetaTable(tables: verification.tables, reader: verification.reader)
        let listed = manifest.segments.map(\.id)
        // Wrapped, so that damage and absence differ.
        let claim = try verification.attempt(.meta, Keys.merge) { [try meta.merge()] }
        if let merge = claim?[0] {
            let begin = merge.sources.first.flatMap(listed.firstIndex) ?? listed.endIndex
            if !listed[begin...].prefix(merge.sources.count).elementsEqual(merge.sources) {
                verification.broken(
                    .mergeSources, .meta, Keys.merge,
                    "the merge reads segments \(merge.sources), which are not adjacent in the manifest")
            }
            for id in merge.staged where listed.contains(id) || id >= manifest.nextSegment {
                verification.broken(
                    .mergeSources, .meta, Keys.merge,
                    "the merge makes segment \(id), which is in the manifest or whose number was never assigned")
            }
        }
        let retired = try verification.attempt(.meta, Keys.retired) { try meta.retired() } ?? []
        let merging = claim?[0].map { Set($0.sources + $0.staged) } ?? []
        for id in retired where listed.contains(id) || merging.contains(id) {
            verification.broken(
                .retiredSegments, .meta, Keys.retired, "segment \(id) is retired, but is in the manifest or in a merge")
        }
    }
}
