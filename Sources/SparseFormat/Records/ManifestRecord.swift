/// The state of the store as of one commit (table meta, key `manifest`): counters and the live segments.
package struct ManifestRecord: Record {
    package static let kind = RecordKind.manifest

    /// Incremented by each commit that changes anything.
    package var generation: UInt64
    /// The number of the next new document; numbers are never reused.
    package var nextDocument: UInt64
    /// The number of live documents.
    package var documents: UInt64
    /// The total number of terms of all live documents.
    package var nonzeros: UInt64
    package var termSpace: TermSpace
    /// The profile of new segments.
    package var profile: IndexProfile
    package var nextTerm: UInt32
    package var nextSegment: UInt32
    package var nextDictionary: UInt32
    /// The dictionary for new documents; 0 for none.
    package var currentDictionary: UInt32
    /// Statistics deltas from this one up to, but not including, the next are not yet folded into pages.
    package var firstStatisticsDelta: UInt64
    package var nextStatisticsDelta: UInt64
    /// The bytes of segments that commits wrote, and that merges wrote, since the store was created.
    package var bytesWritten: UInt64
    package var bytesMerged: UInt64
    /// The live segments, ascending by document range.
    package var segments: [SegmentEntry]

    package init(
        generation: UInt64 = 0, nextDocument: UInt64 = 0, documents: UInt64 = 0, nonzeros: UInt64 = 0,
        termSpace: TermSpace = .undecided, profile: IndexProfile = .fast, nextTerm: UInt32 = 0, nextSegment: UInt32 = 0,
        nextDictionary: UInt32 = 1,
        currentDictionary: UInt32 = 0, firstStatisticsDelta: UInt64 = 0, nextStatisticsDelta: UInt64 = 0,
        bytesWritten: UInt64 = 0, bytesMerged: UInt64 = 0, segments: [SegmentEntry] = []
    ) {
        self.generation = generation
        self.nextDocument = nextDocument
        self.documents = documents
        self.nonzeros = nonzeros
        self.termSpace = termSpace
        self.profile = profile
        self.nextTerm = nextTerm
        self.nextSegment = nextSegment
        self.nextDictionary = nextDictionary
        self.currentDictionary = currentDictionary
        self.firstStatisticsDelta = firstStatisticsDelta
        self.nextStatisticsDelta = nextStatisticsDelta
        self.bytesWritten = bytesWritten
        self.bytesMerged = bytesMerged
        self.segments = segments
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        generation = try body.u64()
        nextDocument = try body.u64()
        documents = try body.u64()
        nonzeros = try body.u64()
        let space = try body.u8()
        guard let known = TermSpace(rawValue: space) else { throw FormatError(.termSpace, "\(space)") }
        termSpace = known
        let profile = try body.u8()
        guard let known = IndexProfile(rawValue: profile) else {
            throw FormatError(.knownEncoding, "profile \(profile)")
        }
        self.profile = known
        try body.zeros(2)
        nextTerm = try body.u32()
        nextSegment = try body.u32()
        nextDictionary = try body.u32()
        currentDictionary = try body.u32()
        firstStatisticsDelta = try body.u64()
        nextStatisticsDelta = try body.u64()
        bytesWritten = try body.u64()
        bytesMerged = try body.u64()
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: SegmentEntry.size, limit: Limits.maximumSegments)
        segments = []
        segments.reserveCapacity(count)
        for _ in 0..<count { segments.append(try SegmentEntry(&body)) }
        try checkCounters()
        try checkSegments()
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(generation)
        writer.u64(nextDocument)
        writer.u64(documents)
        writer.u64(nonzeros)
        writer.u8(termSpace.rawValue)
        writer.u8(profile.rawValue)
        writer.zeros(2)
        writer.u32(nextTerm)
        writer.u32(nextSegment)
        writer.u32(nextDictionary)
        writer.u32(currentDictionary)
        writer.u64(firstStatisticsDelta)
        writer.u64(nextStatisticsDelta)
        writer.u64(bytesWritten)
        writer.u64(bytesMerged)
        writer.u32(UInt32(truncatingIfNeeded: segments.count))
        for segment in segments { segment.encode(into: &writer) }
    }

    private func checkCounters() throws(FormatError) {
        // The bound keeps them countable and within Int.
        for counter in [
            generation, nextDocument, nonzeros, firstStatisticsDelta, nextStatisticsDelta, bytesWritten, bytesMerged,
        ] where counter >= 1 << 62 {
            throw FormatError(.manifestCounters, "\(counter) is 2^62 or more")
        }
        guard documents <= nextDocument else { throw FormatError(.manifestCounters, "documents is above nextDocument") }
        guard currentDictionary == 0 || currentDictionary < nextDictionary else {
            throw FormatError(.manifestCounters, "currentDictionary is not below nextDictionary")
        }
        guard firstStatisticsDelta <= nextStatisticsDelta else {
            throw FormatError(.manifestCounters, "firstStatisticsDelta is above nextStatisticsDelta")
        }
    }

    private func checkSegments() throws(FormatError) {
        var previous: UInt64?
        var ids: Set<UInt32> = []
        for segment in segments {
            guard segment.id < nextSegment, ids.insert(segment.id).inserted else {
                throw FormatError(.segmentIDs, "segment \(segment.id)")
            }
            guard previous.map({ $0 < segment.firstDocument }) ?? true, segment.lastDocument < nextDocument else {
                throw FormatError(.segmentRanges, "segment \(segment.id)")
            }
            previous = segment.lastDocument
        }
    }
}

/// One live segment in the manifest: 64 bytes.
package struct SegmentEntry: Sendable, Equatable {
    static let size = 64
    /// The number of the kind of window segments, which is the only kind.
    private static let kind: UInt8 = 1

    package var id: UInt32
    /// Whether the segment has no exact vectors: bit 0 of the flags; the other bits are not defined yet.
    package var isCompact: Bool
    /// The number of documents when it was built, including dead ones.
    package var documents: UInt32
    package var tombstones: UInt32
    /// The lowest document number in it.
    package var firstDocument: UInt64
    /// The highest document number in it.
    package var lastDocument: UInt64
    package var nonzeros: UInt64
    /// The number of bytes of its values in the table `segments`.
    package var bytes: UInt64
    /// The number of documents whose tags or attributes have changed since it was built, including dead ones. They are
    /// read from `documents`.
    package var changes: UInt32
    /// The generation of the last commit that changed some; 0 if none have changed.
    package var changedAt: UInt64

    package init(
        id: UInt32, isCompact: Bool = false, documents: UInt32, tombstones: UInt32 = 0, firstDocument: UInt64,
        lastDocument: UInt64, nonzeros: UInt64, bytes: UInt64, changes: UInt32 = 0, changedAt: UInt64 = 0
    ) {
        self.id = id
        self.isCompact = isCompact
        self.documents = documents
        self.tombstones = tombstones
        self.firstDocument = firstDocument
        self.lastDocument = lastDocument
        self.nonzeros = nonzeros
        self.bytes = bytes
        self.changes = changes
        self.changedAt = changedAt
    }

    init(_ reader: inout ByteReader) throws(FormatError) {
        id = try reader.u32()
        let kind = try reader.u8()
        guard kind == Self.kind else { throw FormatError(.segmentKind, "\(kind)") }
        try reader.zeros(1)
        let flags = try reader.u16()
        isCompact = flags & 1 != 0
        guard flags <= 1 else { throw FormatError(.unknownFlags, "segment \(id) has flags \(flags)") }
        documents = try reader.u32()
        tombstones = try reader.u32()
        firstDocument = try reader.u64()
        lastDocument = try reader.u64()
        nonzeros = try reader.u64()
        bytes = try reader.u64()
        changes = try reader.u32()
        try reader.zeros(4)
        changedAt = try reader.u64()
        // The width of the range minus one, so that the full 64-bit range does not overflow.
        guard firstDocument <= lastDocument, documents >= 1, tombstones <= documents,
            UInt64(documents) - 1 <= lastDocument - firstDocument,
            documents <= Limits.maximumDocumentsPerWindow,
            changes <= documents, (changes > 0) == (changedAt > 0), changedAt < 1 << 62,
            nonzeros <= UInt64(documents) * UInt64(Limits.maximumTermsPerVector), bytes < 1 << 62
        else { throw FormatError(.segmentCounts, "segment \(id)") }
    }

    func encode(into writer: inout ByteWriter) {
        writer.u32(id)
        writer.u8(Self.kind)
        writer.zeros(1)
        writer.u16(isCompact ? 1 : 0)
        writer.u32(documents)
        writer.u32(tombstones)
        writer.u64(firstDocument)
        writer.u64(lastDocument)
        writer.u64(nonzeros)
        writer.u64(bytes)
        writer.u32(changes)
        writer.zeros(4)
        writer.u64(changedAt)
    }
}

/// Segments that no manifest names anymore, but whose parts still exist and take up space (table meta, key `retired`).
/// They are deleted bit by bit while new parts are written.
package struct RetiredRecord: Record {
    package static let kind = RecordKind.retired

    /// Their numbers, in the order in which they are deleted.
    package var segments: [UInt32]

    package init(segments: [UInt32]) { self.segments = segments }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: 4, limit: Limits.maximumSegments)
        segments = []
        segments.reserveCapacity(count)
        for _ in 0..<count { segments.append(try body.u32()) }
        guard !segments.isEmpty, Set(segments).count == segments.count else { throw FormatError(.retiredSegments) }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(UInt32(truncatingIfNeeded: segments.count))
        for segment in segments { writer.u32(segment) }
    }
}
