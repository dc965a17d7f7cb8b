/// The right to do work that takes several transactions, of which there is one at most for each kind of work (table meta,
/// keys `merge` and `encoding`): who does it, what it reads and where it writes.
///
/// Its sources stay live until its last transaction; what it has staged is in no manifest before. So whoever finds the
/// claim of a dead process deletes what it has staged, and the work never was.
package struct ClaimRecord: Record {
    package static let kind = RecordKind.claim

    /// A random number: whose claim it is.
    package var owner: UInt64
    /// Transactions that were made under the claim, which tell work that goes on from work that stands still.
    package var steps: UInt64
    /// The owner's process number, to tell whether it lives.
    package var process: UInt32
    /// Live segments, in the manifest's order. No commit may merge them meanwhile; it may remove documents of them.
    package var sources: [UInt32]
    /// Numbers of segments that have some of their parts, all, or none yet.
    package var staged: [UInt32]

    package init(owner: UInt64, steps: UInt64 = 0, process: UInt32, sources: [UInt32] = [], staged: [UInt32] = []) {
        self.owner = owner
        self.steps = steps
        self.process = process
        self.sources = sources
        self.staged = staged
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        owner = try body.u64()
        steps = try body.u64()
        process = try body.u32()
        let counts = (sources: UInt64(try body.u32()), staged: UInt64(try body.u32()))
        sources = try Self.segments(counts.sources, &body)
        staged = try Self.segments(counts.staged, &body)
        guard staged.isEmpty || !sources.isEmpty, Set(sources + staged).count == sources.count + staged.count else {
            throw FormatError(.claimSegments)
        }
    }

    private static func segments(_ count: UInt64, _ body: inout ByteReader) throws(FormatError) -> [UInt32] {
        let count = try body.proven(count, elementBytes: 4, limit: Limits.maximumSegments)
        var segments: [UInt32] = []
        segments.reserveCapacity(count)
        for _ in 0..<count { segments.append(try body.u32()) }
        return segments
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(owner)
        writer.u64(steps)
        writer.u32(process)
        writer.u32(UInt32(truncatingIfNeeded: sources.count))
        writer.u32(UInt32(truncatingIfNeeded: staged.count))
        for segment in sources + staged { writer.u32(segment) }
    }
}
