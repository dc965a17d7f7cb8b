internal import LMDB
internal import SparseFormat

/// The index side of one write transaction: new windows, tombstones, merges. Changes the manifest it is given.
struct IndexWriter {
    let tables: Tables
    let writer: Writer
    let policy: MergePolicy

    private var pending = WindowBuilder()
    private var dropped: Set<UInt64> = []
    /// Ordinals newly dead, by segment.
    private var dead: [UInt32: [Int]] = [:]
    private var opened: [UInt32: SegmentNumbers] = [:]
    /// Segments with this number or a higher one were written by this transaction.
    private let firstNewSegment: UInt32

    init(tables: Tables, writer: Writer, policy: MergePolicy, manifest: ManifestRecord) {
        firstNewSegment = manifest.nextSegment
        self.tables = tables
        self.writer = writer
        self.policy = policy
    }

    private var segments: SegmentTable { SegmentTable(tables: tables, reader: writer.reader) }
    private var tombstones: TombstoneTable { TombstoneTable(tables: tables, reader: writer.reader) }

    /// Takes a new document in. It is written with the window it falls into, at the latest at `finish`.
    mutating func add(
        _ number: UInt64, _ id: String, _ vector: SparseVector, tags: [String], _ manifest: inout ManifestRecord
    ) throws {
        pending.add(number, id, vector, tags: tags)
        if pending.isFull { try flush(&manifest) }
    }

    /// Takes a document out, whether this transaction or an earlier one has put it in.
    mutating func remove(_ number: UInt64, _ manifest: inout ManifestRecord) throws {
        if let first = pending.numbers.first, number >= first {
            dropped.insert(number)
            return
        }
        guard
            let position = manifest.segments.firstIndex(where: {
                $0.firstDocument <= number && number <= $0.lastDocument
            }),
            let ordinal = try numbers(of: manifest.segments[position].id).ordinal(of: number)
        else {
            throw SparseStoreError(
                .corrupted, "document number \(number) is in no segment; restore the store from a backup")
        }
        let segment = manifest.segments[position]
        guard segment.tombstones < segment.documents else {
            throw SparseStoreError(
                .corrupted, "segment \(segment.id) has no document left to remove; restore the store from a backup")
        }
        dead[segment.id, default: []].append(ordinal)
        manifest.segments[position].tombstones += 1
    }

    /// Writes what is pending and merges what has piled up.
    mutating func finish(_ manifest: inout ManifestRecord) throws {
        try flush(&manifest)
        for (segment, ordinals) in dead { try tombstones.add(ordinals, to: segment, writer) }
        dead = [:]
        while let range = policy.next(manifest.segments), try merge(range, &manifest) {}
    }

    /// Merges one run of neighbours that fewer windows can hold; false when there is none.
    mutating func reduce(_ manifest: inout ManifestRecord) throws -> Bool {
        try flush(&manifest)
        guard let range = policy.reducible(manifest.segments) else { return false }
        return try merge(range, &manifest)
    }

    /// Rebuilds a run of neighbouring segments from the stored documents, without the dead ones. Codes are made afresh
    /// from exact weights, so quantisation does not compound. False when there are as many segments as before and nothing
    /// dead has gone: merging them again would not end.
    private mutating func merge(_ range: Range<Int>, _ manifest: inout ManifestRecord) throws -> Bool {
        let old = Array(manifest.segments[range])
        guard let first = old.first?.firstDocument, let last = old.last?.lastDocument else { return false }
        var merged: [SegmentEntry] = []
        var builder = WindowBuilder()
        let decoder = DocumentDecoder()
        try DocumentTable(tables: tables, reader: writer.reader).forEach(from: first) { number, view in
            guard number <= last else { return false }
            builder.add(number, try view.identifier, try view.vector(decoder), tags: try view.tags())
            if builder.isFull {
                merged.append(try put(builder, ordered: true, &manifest))
                builder = WindowBuilder()
            }
            return true
        }
        if builder.count > 0 { merged.append(try put(builder, ordered: true, &manifest)) }
        for segment in old {
            try segments.remove(segment.id, writer)
            try tombstones.remove(segment, writer)
            opened[segment.id] = nil
        }
        manifest.bytesMerged += merged.reduce(0) { $0 + $1.bytes }
        manifest.segments.replaceSubrange(range, with: merged)
        return merged.count < old.count || old.contains { $0.tombstones > 0 }
    }

    private mutating func flush(_ manifest: inout ManifestRecord) throws {
        let builder = dropped.isEmpty ? pending : pending.without(dropped)
        pending = WindowBuilder()
        dropped = []
        guard builder.count > 0 else { return }
        manifest.segments.append(try put(builder, ordered: false, &manifest))
    }

    private func put(
        _ builder: WindowBuilder, ordered: Bool, _ manifest: inout ManifestRecord
    ) throws -> SegmentEntry {
        let window = builder.build(ordered: ordered)
        let id = manifest.nextSegment
        guard id < UInt32.max else {
            throw SparseStoreError(
                .limitExceeded, "the store has used up its segment numbers; copy the documents to a new store")
        }
        manifest.nextSegment += 1
        let bytes = try SegmentTable.put(window, id: id, tables, writer)
        manifest.bytesWritten += UInt64(bytes)
        return SegmentEntry(
            id: id, kind: .window, tier: UInt8(policy.tier(builder.count)), flags: 0,
            documents: UInt32(builder.count), tombstones: 0, firstDocument: window.numbers.first ?? 0,
            lastDocument: window.numbers.last ?? 0, nonzeros: UInt64(window.nonzeros), bytes: UInt64(bytes))
    }

    /// The document numbers of a segment, to find ordinals. What earlier commits wrote stays where it is while this
    /// transaction lives; what this one wrote may move with its next write, and is copied.
    private mutating func numbers(of segment: UInt32) throws -> SegmentNumbers {
        if let known = opened[segment] { return known }
        let numbers = try SegmentNumbers(segment, segments, copying: segment >= firstNewSegment)
        opened[segment] = numbers
        return numbers
    }
}
