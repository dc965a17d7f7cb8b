internal import LMDB
internal import SparseFormat

/// Checks that the record of the block index is correct (I120), and that the index is complete and can be opened (I121,
/// and what a reader verifies when it opens one).
enum BlocksCheck: VerificationCheck {
    static let name = "blocks"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        guard let record = try verification.blockIndexRecord() else { return }
        try checkNumbers(record, manifest, verification)
        try checkParts(record, verification)
        guard let index = try verification.blockIndex(record) else { return }
        _ = try verification.attempt(.segments, Keys.segmentPrefix(record.number)) { try index.checkChunkHeaders() }
    }

    private static func checkNumbers(
        _ record: BlockIndexRecord, _ manifest: ManifestRecord, _ verification: Verification
    ) throws {
        func broken(_ sentence: String) { verification.broken(.blockSources, .meta, Keys.blocks, sentence) }
        let meta = MetaTable(tables: verification.tables, reader: verification.reader)
        let merge = try verification.attempt(.meta, Keys.merge) { try meta.merge() } ?? nil
        let retired = try verification.attempt(.meta, Keys.retired) { try meta.retired() } ?? []
        let listed = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        let taken = Set(retired + (merge?.staged ?? []))
        if listed[record.number] != nil || taken.contains(record.number) || record.number >= manifest.nextSegment {
            broken("the number \(record.number) of the block index is in use elsewhere or was never assigned")
        }
        for source in record.sources {
            if let entry = listed[source.segment] {
                guard entry.documents != source.documents else { continue }
                broken(
                    "the block index has \(source.documents) documents of segment \(source.segment), which has "
                        + "\(entry.documents)")
            } else if source.segment >= manifest.nextSegment {
                broken("the block index has documents of segment \(source.segment), whose number was never assigned")
            }
        }
    }

    /// Checks only the keys and the lengths. Missing parts are reported when the index is opened.
    private static func checkParts(_ record: BlockIndexRecord, _ verification: Verification) throws {
        let prefix = Keys.segmentPrefix(record.number)
        var bytes: UInt64 = 0
        try verification.forEach(.segments, from: prefix) { value in
            guard value.key.starts(with: prefix) else { return false }
            bytes += UInt64(value.value.count)
            guard let key = try? Keys.parseSegment(value.key) else { return true }
            let part = SegmentTable.Part(rawValue: key.part)
            if part?.isOfBlocks != true || part == .blockDirectory && key.index > 0 {
                verification.broken(
                    .blockParts, .segments, value.key,
                    "the block index has an unexpected part \(key.part), index \(key.index)")
            }
            return true
        }
        if bytes != record.bytes {
            verification.broken(
                .blockParts, .segments, prefix,
                "the values of the block index have \(bytes) bytes, but its record says \(record.bytes)")
        }
    }
}
