/// The block index of a store, of which there is one at most (table meta, key `blocks`): where its parts are, and which
/// segments its documents stand in.
///
/// A source that the manifest does not name any more has been merged away; its documents are found in other segments.
package struct BlockIndexRecord: Record {
    /// A segment whose documents are in the index: those that were live when it was built.
    package struct Source: Sendable, Equatable {
        package var segment: UInt32
        /// Documents when the segment was built, the dead ones included.
        package var documents: UInt32

        package init(segment: UInt32, documents: UInt32) {
            self.segment = segment
            self.documents = documents
        }
    }

    package static let kind = RecordKind.blockIndex

    /// The number its parts stand under in table segments.
    package var number: UInt32
    /// Bytes of its parts.
    package var bytes: UInt64
    /// In the manifest's order when it was built.
    package var sources: [Source]

    package init(number: UInt32, bytes: UInt64, sources: [Source]) {
        self.number = number
        self.bytes = bytes
        self.sources = sources
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        number = try body.u32()
        bytes = try body.u64()
        let count = try body.proven(UInt64(try body.u32()), elementBytes: 8, limit: Limits.maximumSegments)
        sources = []
        sources.reserveCapacity(count)
        for _ in 0..<count {
            let source = Source(segment: try body.u32(), documents: try body.u32())
            guard (1...Limits.maximumDocumentsPerWindow).contains(Int(clamping: source.documents)) else {
                throw FormatError(.blockSources, "segment \(source.segment)")
            }
            sources.append(source)
        }
        guard !sources.isEmpty, Set(sources.map(\.segment) + [number]).count == count + 1, bytes < 1 << 62 else {
            throw FormatError(.blockSources)
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(number)
        writer.u64(bytes)
        writer.u32(UInt32(truncatingIfNeeded: sources.count))
        for source in sources {
            writer.u32(source.segment)
            writer.u32(source.documents)
        }
    }

    /// Documents of all sources, the dead ones included. A document's index among them is those of the sources before its
    /// own and its ordinal.
    package var documents: Int { sources.reduce(0) { $0 + Int($1.documents) } }
}
