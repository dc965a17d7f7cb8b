internal import LMDB
internal import Platform
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
    static func standing(_ work: Work, _ reader: StoreReader) throws -> Claim? {
        try ClaimRecord(from: .meta, key: work.key, reader).map { Claim(work: work, record: $0) }
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
        _ writer: StoreWriter
    ) throws -> Claim {
        guard try standing(work, writer.reader) == nil else { throw Lost() }
        let first = try manifest.takeSegments(numbers)
        let record = ClaimRecord(
            owner: .random(in: .min ... .max), process: Environment.processNumber, sources: sources.map(\.id),
            staged: Array(first..<manifest.nextSegment))
        try record.put(into: .meta, key: work.key, writer)
        if numbers > 0 { try writer.put(manifest) }
        return Claim(work: work, record: record)
    }

    /// Marks the claim as alive in a transaction that is not the last one of the work.
    ///
    /// - Throws: `Lost` if the claim no longer holds.
    func renew(_ writer: StoreWriter) throws {
        var record = try require(writer.reader)
        record.steps &+= 1
        try record.put(into: .meta, key: work.key, writer)
    }

    /// Releases the claim in the last transaction of the work.
    ///
    /// - Throws: `Lost` if the claim no longer holds.
    func end(_ writer: StoreWriter) throws {
        _ = try require(writer.reader)
        try writer.delete(.meta, work.key)
    }

    /// Releases the claim and deletes staged data, leaving the sources unchanged. Returns false if the claim was gone.
    @discardableResult
    func discard(_ file: StoreFile) throws -> Bool {
        try file.write { writer in
            guard try stands(writer.reader) != nil else { return false }
            for segment in record.staged { try writer.removeSegment(segment) }
            try writer.delete(.meta, work.key)
            return true
        }
    }

    private func require(_ reader: StoreReader) throws -> ClaimRecord {
        guard let record = try stands(reader) else { throw Lost() }
        return record
    }

    /// Returns the current record; nil if it is gone or belongs to another owner.
    private func stands(_ reader: StoreReader) throws -> ClaimRecord? {
        guard let now = try Self.standing(work, reader)?.record, now.owner == record.owner,
            now.process == record.process
        else { return nil }
        return now
    }
}

/// Work that is done under a claim.
protocol ClaimedWork {
    var claim: Claim { get }
}

/// Serializes a kind of work across all threads of this handle and all processes.
final class ClaimTurn: Sendable {
    enum Outcome<Value> {
        case done(Value)
        /// There was nothing to claim.
        case nothing
        /// Another process is working.
        case busy
    }

    private let work: Claim.Work
    private let file: StoreFile
    private let patience: Duration
    private let watch = Lock(ClaimWatch())
    /// The working thread of this process.
    private let worker = Monitor<UInt?>(nil)

    init(_ work: Claim.Work, _ file: StoreFile, patience: Duration = ClaimWatch.patience) {
        self.work = work
        self.file = file
        self.patience = patience
    }

    /// Waits for the other threads of this handle, claims the work, and does it, unless another process is working. If
    /// the work fails, the claim is released and staged data is deleted.
    ///
    /// - Parameters:
    ///   - whileWaiting: Called often. It may throw to stop.
    ///   - begin: Makes the claim with `Claim.begin`; nil if there is nothing to do.
    ///   - perform: Does the work and ends the claim.
    func attempt<Job: ClaimedWork, Value>(
        whileWaiting: () throws -> Void, begin: () throws -> Job?, perform: (inout Job) throws -> Value
    ) throws -> Outcome<Value> {
        try take(whileWaiting)
        defer { worker.withLock { $0 = nil } }
        guard try clearTheWay() else { return .busy }
        do {
            guard var job = try begin() else { return .nothing }
            do {
                return .done(try perform(&job))
            } catch {
                // If this also fails, the next attempt finds a claim of this process without an owner.
                _ = try? job.claim.discard(file)
                throw error
            }
        } catch is Claim.Lost {
            return .busy
        }
    }

    /// Waits briefly for another process.
    func pause(_ whileWaiting: () throws -> Void) throws {
        worker.withLock(waitingUpTo: Self.tick, until: { _ in false }) { _, _ in }
        try whileWaiting()
    }

    private static let tick = Duration.milliseconds(20)

    private func take(_ whileWaiting: () throws -> Void) throws {
        let thread = Self.currentThread
        func tryOnce() throws -> Bool {
            try worker.withLock(waitingUpTo: Self.tick, until: { $0 == nil || $0 == thread }) { worker, isReady in
                guard worker != thread else {
                    throw SparseStoreError(
                        .busy, problem: "this work is already running on the same thread",
                        remedy: "call it again when that work has ended")
                }
                if isReady { worker = thread }
                return isReady
            }
        }
        while try !tryOnce() { try whileWaiting() }
    }

    private static var currentThread: UInt {
        #if canImport(Glibc)
            UInt(pthread_self())
        #else
            UInt(bitPattern: pthread_self())
        #endif
    }

    /// Discards the claim of a dead or stalled process. Returns false if a live process is working. The caller has the
    /// turn, so a claim of this process has no owner.
    private func clearTheWay() throws -> Bool {
        guard let standing = try file.read({ try Claim.standing(work, $0) }) else { return true }
        let process = standing.record.process
        if try process != Environment.processNumber && file.environment.holdsSlot(process: process),
            !watch.withLock({ $0.standsStill(standing.record, for: patience) })
        {
            return false
        }
        return try standing.discard(file)
    }
}

/// Detects work of another process that has stalled because the process is suspended or hangs.
///
/// Work shows progress by its transactions. The longest time without one is for building a window or training a
/// codebook, which takes seconds. Taking the claim of a process that was only slow loses its work and nothing else.
struct ClaimWatch {
    /// The time after which a claim without progress counts as stalled.
    static let patience = Duration.seconds(300)

    private var seen: (record: ClaimRecord, since: ContinuousClock.Instant)?

    /// Returns whether the record has not changed for `patience`. Call it repeatedly while the claim exists.
    fileprivate mutating func standsStill(_ record: ClaimRecord, for patience: Duration) -> Bool {
        let now = ContinuousClock.now
        guard let seen, seen.record == record else {
            self.seen = (record, now)
            return false
        }
        return now - seen.since >= patience
    }
}
