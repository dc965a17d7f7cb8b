internal import LMDB
internal import SparseFormat

/// Writes the index changes of one write transaction: new windows, tombstones, and merges. Updates the manifest it is
/// given.
struct IndexWriter {
    let writer: StoreWriter
    let policy: MergePolicy
    /// The scoring of counts in new windows; nil if documents are scored by their weights.
    var scoring: BM25Function?

    private var pending: WindowBuilder
    private var dropped: Set<UInt64> = []
    /// The ordinals of documents removed by this transaction, by segment.
    private var dead: [UInt32: [Int]] = [:]
    /// The ordinals of documents whose tags or attributes this transaction has changed, by segment.
    private var changed: [UInt32: Set<Int>] = [:]
    /// The numbers of pending documents whose tags or attributes this transaction has changed.
    private var changedPending: Set<UInt64> = []
    private var opened: [UInt32: SegmentNumbers] = [:]
    /// The number of segment bytes written by this transaction.
    private var bytesWritten: UInt64 = 0
    /// The first segment number of this transaction.
    private let firstNewSegment: UInt32

    init(writer: StoreWriter, policy: MergePolicy, manifest: ManifestRecord) {
        firstNewSegment = manifest.nextSegment
        self.writer = writer
        self.policy = policy
        pending = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
    }

    private var segments: SegmentTable { writer.reader.segments }

    /// Adds a new document. It is written with its window, at the latest by `finish`.
    mutating func add(
        _ number: UInt64, document: Document, vector: SparseVector, manifest: inout ManifestRecord
    ) throws {
        pending.add(
            number, document.id, vector, tags: document.tags, attributes: document.attributes, checksum: 0)
        if pending.isFull { try flush(&manifest) }
    }

    /// Removes a document of this or an earlier transaction.
    mutating func remove(_ number: UInt64, _ manifest: inout ManifestRecord) throws {
        if let first = pending.numbers.first, number >= first {
            dropped.insert(number)
            return
        }
        let (position, ordinal) = try place(of: number, manifest)
        let segment = manifest.segments[position]
        guard segment.tombstones < segment.documents else {
            throw SparseStoreError.corrupted("segment \(segment.id) has no document left to remove")
        }
        dead[segment.id, default: []].append(ordinal)
        manifest.segments[position].tombstones += 1
    }

    /// Records that the tags or attributes of a document have changed.
    mutating func change(_ number: UInt64, _ manifest: ManifestRecord) throws {
        if let first = pending.numbers.first, number >= first {
            changedPending.insert(number)
        } else {
            let (position, ordinal) = try place(of: number, manifest)
            changed[manifest.segments[position].id, default: []].insert(ordinal)
        }
    }

    private mutating func place(of number: UInt64, _ manifest: ManifestRecord) throws -> (position: Int, ordinal: Int) {
        guard
            let position = manifest.segments.firstIndex(where: {
                $0.firstDocument <= number && number <= $0.lastDocument
            }),
            let ordinal = try numbers(of: manifest.segments[position].id).ordinal(of: number)
        else {
            throw SparseStoreError.corrupted("document number \(number) is in no segment")
        }
        return (position, ordinal)
    }

    /// Writes pending documents, and merges small segments that have piled up.
    mutating func finish(_ manifest: inout ManifestRecord) throws {
        try flush(&manifest)
        for (segment, ordinals) in dead { try writer.mark(ordinals, as: .removed, in: segment) }
        dead = [:]
        for position in manifest.segments.indices {
            guard let ordinals = changed[manifest.segments[position].id] else { continue }
            manifest.segments[position].changes += UInt32(
                try writer.mark(ordinals, as: .changed, in: manifest.segments[position].id))
            manifest.segments[position].changedAt = manifest.generation + 1
        }
        changed = [:]
        let claimed = Set(try writer.reader.meta.merge()?.sources ?? [])
        while let range = policy.nextInCommit(manifest.segments, claimed: claimed) { try merge(range, &manifest) }
        try RetiredSegments(writer: writer).makeRoom(for: bytesWritten)
        guard manifest.segments.count <= Limits.maximumSegments else {
            throw SparseStoreError(
                .limitExceeded, problem: "the index would have more than \(Limits.maximumSegments) segments",
                remedy: "call maintain, or commit less often")
        }
    }

    /// Rebuilds a run of neighboring segments from the stored documents, without the dead ones. Codes are computed from
    /// exact weights, so quantization errors do not accumulate.
    private mutating func merge(_ range: Range<Int>, _ manifest: inout ManifestRecord) throws {
        let sources = manifest.segments[range]
        for segment in sources { opened[segment.id] = nil }
        var documents = DocumentRange(of: sources)
        // Otherwise merging what fewer windows can hold would never terminate.
        let most = policy.windows(of: sources)
        var merged: [SegmentReplacement.Merged] = []
        while !documents.isAtEnd {
            var builder = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
            try documents.read(from: writer.reader.documents, into: &builder)
            if builder.count > 0 { merged.append(try put(builder, policy.layout, &manifest)) }
            guard merged.count <= most else { throw SparseStoreError.moreDocumentsThanCounted }
        }
        try SegmentReplacement(writer: writer).apply(range, merged, &manifest)
    }

    private mutating func flush(_ manifest: inout ManifestRecord) throws {
        let builder = dropped.isEmpty ? pending : pending.without(dropped)
        pending = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
        dropped = []
        defer { changedPending = [] }
        guard builder.count > 0 else { return }
        var layout = policy.layout
        layout.isOrdered = false
        let entry = try put(builder, layout, &manifest).entry
        manifest.segments.append(entry)
        // The window is not reordered, so the rank of a number is its ordinal.
        for (ordinal, number) in builder.numbers.enumerated() where changedPending.contains(number) {
            changed[entry.id, default: []].insert(ordinal)
        }
    }

    private mutating func put(
        _ builder: WindowBuilder, _ layout: WindowLayout, _ manifest: inout ManifestRecord
    ) throws -> SegmentReplacement.Merged {
        let window = try builder.build(layout, profile: manifest.profile, scoring: scoring)
        let parts = try WindowPart.all(of: window)
        let entry = window.entry(try manifest.takeSegments(1), parts)
        for part in parts { try part.put(entry.id, writer) }
        manifest.bytesWritten += entry.bytes
        bytesWritten += entry.bytes
        return SegmentReplacement.Merged(entry: entry, checksums: window.checksums)
    }

    /// Returns the document numbers of a segment, for finding ordinals. Data of earlier commits stays in place during
    /// this transaction; data that this transaction wrote may move with its next write and is copied.
    private mutating func numbers(of segment: UInt32) throws -> SegmentNumbers {
        if let known = opened[segment] { return known }
        let numbers = try SegmentNumbers(segment, segments, copying: segment >= firstNewSegment)
        opened[segment] = numbers
        return numbers
    }
}

/// The changes of document frequencies in one transaction. Terms are collected and summed in large batches, because a
/// dictionary lookup for each component would take a tenth of a commit's time.
struct FrequencyChanges {
    private let most: Int
    private var added: [TermID] = []
    private var removed: [TermID] = []
    private var sums: [TermID: Int64] = [:]

    /// - Parameter most: The number of terms to collect before summing, which bounds the memory of a long transaction.
    init(most: Int = 1 << 22) {
        self.most = most
    }

    /// Adds the terms of a new document.
    mutating func add(_ terms: [TermID]) {
        added += terms
        settleIfLong()
    }

    /// Subtracts a term of a removed document.
    mutating func remove(_ term: TermID) {
        removed.append(term)
        settleIfLong()
    }

    /// Returns the terms whose frequency changes, in ascending order, and the changes.
    func ascending() -> [(term: TermID, change: Int64)] {
        let collected = Self.sum(added, removed)
        guard !sums.isEmpty else { return collected }
        return sums.merging(collected.map { ($0.term, $0.change) }, uniquingKeysWith: +)
            .filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { (term: $0.key, change: $0.value) }
    }

    private mutating func settleIfLong() {
        guard added.count + removed.count >= most else { return }
        for (term, change) in Self.sum(added, removed) { sums[term, default: 0] += change }
        added = []
        removed = []
    }

    private static func sum(_ added: [TermID], _ removed: [TermID]) -> [(term: TermID, change: Int64)] {
        let distinct = TermNumbers(removed.isEmpty ? added : added + removed)
        var changes = [Int64](repeating: 0, count: distinct.count)
        for term in added { changes[distinct.number(of: term)] += 1 }
        for term in removed { changes[distinct.number(of: term)] -= 1 }
        return changes.indices.filter { changes[$0] != 0 }.map { (distinct.term(at: $0), changes[$0]) }
    }
}
