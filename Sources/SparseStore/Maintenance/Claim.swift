internal import LMDB
internal import SparseFormat

/// The right to do work that takes several transactions (FORMAT.md, "Write ordering and atomicity"): a record that says who
/// does it, so that nobody else does the same, which segments it reads, and where it writes.
///
/// Each transaction of the work first calls `renew` or `end`. So work whose claim another process has taken away, because
/// it took the owner for dead, gives up, and what it had staged is gone already.
struct Claim {
    /// Another process has taken the claim away.
    struct Lost: Error {}

    /// What is claimed; one claim at a time for each.
    enum Work: Sendable {
        /// Merging segments, or building a block index.
        case merging
        /// Encoding token vectors anew.
        case encoding

        fileprivate var key: [UInt8] {
            switch self {
            case .merging: Keys.merge
            case .encoding: Keys.encoding
            }
        }
    }

    let work: Work
    let record: ClaimRecord

    /// The claim that stands, of this process or another, or what a dead one has left of its own.
    static func standing(_ work: Work, _ tables: Tables, _ reader: Reader) throws -> Claim? {
        try ClaimRecord(from: tables.meta, .meta, key: work.key, reader).map { Claim(work: work, record: $0) }
    }

    /// Claims some work.
    ///
    /// - Parameters:
    ///   - sources: the segments that are read.
    ///   - numbers: how many segments are made.
    ///   - manifest: gives out their numbers; written when it does.
    /// - Throws: `Lost` when a claim stands already.
    static func begin(
        _ work: Work, sources: [SegmentEntry] = [], staging numbers: Int = 0, _ manifest: inout ManifestRecord,
        _ tables: Tables, _ writer: Writer
    ) throws -> Claim {
        guard try standing(work, tables, writer.reader) == nil else { throw Lost() }
        let first = try manifest.takeSegments(numbers)
        let record = ClaimRecord(
            owner: .random(in: .min ... .max), process: Environment.processNumber, sources: sources.map(\.id),
            staged: Array(first..<manifest.nextSegment))
        try record.put(into: tables.meta, .meta, key: work.key, writer)
        if numbers > 0 { try MetaTable.put(manifest, tables, writer) }
        return Claim(work: work, record: record)
    }

    /// For a transaction that the work goes on after: a sign of life.
    ///
    /// - Throws: `Lost` unless the claim still stands.
    func renew(_ tables: Tables, _ writer: Writer) throws {
        var record = try require(tables, writer.reader)
        record.steps &+= 1
        try record.put(into: tables.meta, .meta, key: work.key, writer)
    }

    /// For the last transaction of the work: gives the claim back.
    ///
    /// - Throws: `Lost` unless the claim still stands.
    func end(_ tables: Tables, _ writer: Writer) throws {
        _ = try require(tables, writer.reader)
        _ = try writer.delete(tables.meta, work.key)
    }

    /// Gives the claim back and deletes what was staged; what it reads is as it was. False when the claim was gone.
    @discardableResult
    func discard(_ environment: Environment, _ tables: Tables) throws -> Bool {
        try environment.write { transaction in
            guard try stands(tables, transaction.reader) != nil else { return false }
            let segments = SegmentTable(tables: tables, reader: transaction.reader)
            for segment in record.staged { try segments.remove(segment, transaction.writer) }
            _ = try transaction.writer.delete(tables.meta, work.key)
            return true
        }
    }

    private func require(_ tables: Tables, _ reader: Reader) throws -> ClaimRecord {
        guard let record = try stands(tables, reader) else { throw Lost() }
        return record
    }

    /// The record as it is now; nil when it is gone or another's.
    private func stands(_ tables: Tables, _ reader: Reader) throws -> ClaimRecord? {
        guard let now = try Self.standing(work, tables, reader)?.record, now.owner == record.owner,
            now.process == record.process
        else { return nil }
        return now
    }
}
