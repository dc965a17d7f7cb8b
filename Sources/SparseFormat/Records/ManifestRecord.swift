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
