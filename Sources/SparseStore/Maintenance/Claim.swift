internal import LMDB
internal import SparseFormat

/// The exclusive right to do work that takes several transactions (FORMAT.md, "Write ordering and atomicity"). A record
/// names the owner, the segments that the work reads, and where it writes.
///
/// Each transaction of the work first calls `renew` or `end`. If another process has taken the claim because it
/// considered the owner dead, the work is abandoned. Its staged data has then already been deleted.
struct Claim {
    /// The error for a claim that another process has taken.
    struct Lost: Error {}

    /// A kind of work. There is at most one claim for each kind.
    enum Work: Sendable {
        /// Merging segments or building a block index.
        case merging
        /// Re-encoding token vectors.
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

    /// Returns the current claim of this or another process, which may be dead.
    static func standing(_ work: Work, _ tables: Tables, _ reader: Reader) throws -> Claim? {
        try ClaimRecord(from: tables.meta, .meta, key: work.key, reader).map { Claim(work: work, record: $0) }
    }

    /// Claims some work.
    ///
    /// - Parameters:
    ///   - sources: The segments that the work reads.
    ///   - numbers: The number of segments that it makes.
    ///   - manifest: Provides their numbers, and is written if it does.
    /// - Throws: `Lost` if there already is a claim.
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

    /// Marks the claim as alive in a transaction that is not the last one of the work.
    ///
    /// - Throws: `Lost` if the claim no longer holds.
    func renew(_ tables: Tables, _ writer: Writer) throws {
        var record = try require(tables, writer.reader)
        record.steps &+= 1
        try record.put(into: tables.meta, .meta, key: work.key, writer)
    }

    /// Releases the claim in the last transaction of the work.
    ///
    /// - Throws: `Lost` if the claim no longer holds.
    func end(_ tables: Tables, _ writer: Writer) throws {
        _ = try require(tables, writer.reader)
        _ = try writer.delete(tables.meta, work.key)
    }

    /// Releases the claim and deletes staged data, leaving the sources unchanged. Returns false if the claim was gone.
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

    /// Returns the current record; nil if it is gone or belongs to another owner.
    private func stands(_ tables: Tables, _ reader: Reader) throws -> ClaimRecord? {
        guard let now = try Self.standing(work, tables, reader)?.record, now.owner == record.owner,
            now.process == record.process
        else { return nil }
        return now
    }
}
