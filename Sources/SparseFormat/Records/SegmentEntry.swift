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
