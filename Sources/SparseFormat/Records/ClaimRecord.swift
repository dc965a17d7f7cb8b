/// The right to do work that takes several transactions: its owner, its sources and its staged segments. There is at
/// most one claim for each kind of work (table meta, keys `merge` and `encoding`).
///
/// The sources stay live until the last transaction, and staged segments are in no manifest before. Any process that
/// finds the claim of a dead process may therefore delete the staged segments, which undoes the work.
package struct ClaimRecord: Record {
    package static let kind = RecordKind.claim

    /// A random number that identifies the owner.
    package var owner: UInt64
    /// The number of transactions made under the claim, which distinguishes active work from stalled work.
    package var steps: UInt64
    /// The process ID of the owner, to check whether it is alive.
    package var process: UInt32
    /// Live segments, in the manifest's order. Commits must not merge them, but may remove documents from them.
    package var sources: [UInt32]
    /// The numbers of segments that have all, some or none of their parts yet.
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
