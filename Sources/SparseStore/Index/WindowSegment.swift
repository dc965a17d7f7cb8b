internal import LMDB
internal import SparseFormat

/// An open window segment: where its lists and its document numbers lie in the map.
///
/// Its pointers are right while a snapshot whose manifest names the segment is held; segments are shared by the
/// snapshots of one process (`SegmentCache`).
final class WindowSegment: @unchecked Sendable {
    let id: UInt32
    let directory: WindowDirectory
    let numbers: SegmentDocuments

    private let directoryBytes: SegmentBytes
    private let numberBytes: SegmentBytes
    private let chunks: [SegmentBytes]

    /// The bytes of one list, in bounds by what `WindowDirectory` has proven.
    struct List {
        let entry: WindowEntry
        let bytes: UnsafeRawPointer
    }

    init(_ entry: SegmentEntry, _ table: SegmentTable) throws {
        id = entry.id
        func bytes(_ part: SegmentTable.Part, _ index: Int, _ kind: RecordKind) throws -> SegmentBytes {
            try SegmentBytes(
                table.part(entry.id, part, UInt32(index)), kind: kind,
                key: Keys.segment(entry.id, part: part.rawValue, index: UInt32(index)))
        }
        chunks = try (0..<table.chunkCount(entry.id)).map { try bytes(.chunk, $0, .segmentChunk) }
        // Lists are reached through the directory and hits through the numbers: both are proven before any use.
        directoryBytes = try bytes(.directory, 0, .segmentDirectory)
        try directoryBytes.verify()
        numberBytes = try bytes(.documents, 0, .segmentDocuments)
        try numberBytes.verify()
        let lengths = try chunks.map { try SegmentChunkHeader(body: $0.body).rawLength(body: $0.body) }
        directory = try WindowDirectory(body: directoryBytes.body, chunkLengths: lengths)
        numbers = try SegmentDocuments(body: numberBytes.body)
        guard directory.documents == Int(entry.documents), numbers.count == directory.documents,
            directory.nonzeros == entry.nonzeros
        else {
            throw SparseStoreError(
                .corrupted, "segment \(entry.id) does not match its manifest entry; restore the store from a backup")
        }
    }

    var documentCount: Int { directory.documents }

    /// The list of a term, nil when no document of the segment has it.
    func list(of term: TermID) throws -> List? {
        guard let entry = directory.find(term) else { return nil }
        let chunk = chunks[Int(entry.chunk)]
        try chunk.verify()
        guard let base = chunk.body.baseAddress else { return nil }
        return List(entry: entry, bytes: base + SegmentChunkHeader.size + Int(entry.offset))
    }

    /// The ordinal of a document number, nil when the segment does not hold it.
    func ordinal(of number: UInt64) -> Int? { numbers.ordinal(of: number) }

    /// The document number at an ordinal in 0..<documentCount.
    func number(at ordinal: Int) -> UInt64 { numbers[ordinal] }
}
