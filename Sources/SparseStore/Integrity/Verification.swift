internal import LMDB
internal import SparseFormat

/// One run of the checks on one commit, with its reader and its report.
///
/// Damage is reported and never thrown. Thrown errors end the run: a failure of the system, or a request of the caller.
final class Verification {
    private let commit: CommitReader
    private(set) var report: VerificationReport
    private let progress: (VerificationProgress) throws -> Void
    private var current = VerificationReport.Check(name: "")
    private var values = 0
    /// The findings that were reported. Several checks may find the same damaged value.
    private var known: Set<VerificationReport.Finding> = []
    /// The tables with unreadable values. Counts over them are meaningless.
    private(set) var damagedTables: Set<TableNumber> = []
    /// The cache of decoded lists. Chunks are read list by list, one after the other, so it can be small.
    let lists = ListCache(capacity: 1 << 24)
    private var mustRenew = false
    private var lastTable = TableNumber.meta

    /// The number of values between two progress reports.
    static let valuesPerProgress = 64

    init(
        _ level: VerificationLevel, _ commit: CommitReader, progress: @escaping (VerificationProgress) throws -> Void
    ) {
        self.commit = commit
        self.progress = progress
        report = VerificationReport(level: level)
    }

    var reader: StoreReader { commit.reader }

    func begin(generation: UInt64) { report.generation = generation }

    /// Runs one check and counts its work.
    func check(_ name: String, _ body: () throws -> Void) throws {
        current = VerificationReport.Check(name: name)
        try goOn()
        let before = report.findingCount
        do {
            try body()
        } catch let error as LMDBError where error.isDamage {
            reportPages(in: lastTable, at: [], error)
        }
        current.findings = report.findingCount - before
        report.checks.append(current)
    }

    /// Counts a value that is about to be read, and reports progress.
    func visit(_ table: TableNumber, _ key: some Collection<UInt8>) throws {
        if values % Self.valuesPerProgress == 0 || current.values == 0 {
            try progress(
                VerificationProgress(
                    check: current.name, table: table.name, key: Hexadecimal.abbreviated(key), values: values))
        }
        values += 1
        current.values += 1
        lastTable = table
    }

    /// Calls `body` with each entry of a table from a key on, until it returns false. Ends early, with a finding, at
    /// damaged pages.
    func forEach(
        _ table: TableNumber, from first: [UInt8] = [], _ body: (LMDBCursor.Entry) throws -> Bool
    ) throws {
        try goOn()
        var cursor = try reader.cursor(table)
        var entry = try move(table, after: first) { () throws(LMDBError) in try cursor.seek(atOrAfter: first) }
        while let current = entry {
            try visit(table, current.key)
            guard try body(current) else { return }
            let last = Array(current.key)
            entry = try move(table, after: last) { () throws(LMDBError) in try cursor.next() }
        }
    }

    /// Moves a cursor. Damaged pages end the table there, with a finding.
    func move(
        _ table: TableNumber, after last: [UInt8], _ step: () throws(LMDBError) -> LMDBCursor.Entry?
    ) throws(LMDBError) -> LMDBCursor.Entry? {
        do {
            return try step()
        } catch {
            guard error.isDamage else { throw error }
            reportPages(in: table, at: last, error)
            return nil
        }
    }

    /// Runs `body`. If it meets damage, reports a finding about the value at the key and returns nil.
    func attempt<R>(in table: TableNumber, at key: some Collection<UInt8>, _ body: () throws -> R) throws -> R? {
        do {
            return try body()
        } catch let error as FormatError {
            let place = error.table == nil ? (table, Hexadecimal.abbreviated(key)) : (error.table ?? table, error.key)
            damagedTables.insert(place.0)
            add(error.code.rule, in: place.0, at: place.1, error.sentence)
        } catch let error as LMDBError where error.isDamage {
            reportPages(in: table, at: Array(key), error)
        }
        return nil
    }

    /// Reports a violated invariant between values.
    func broken(
        _ invariant: StoreInvariant, in table: TableNumber, at key: some Collection<UInt8>, _ sentence: String
    ) {
        add("I\(invariant.rawValue)", in: table, at: Hexadecimal.abbreviated(key), sentence)
    }

    /// Reports a part that cannot be checked because of other damage.
    func skip(_ what: String) {
        if !report.notChecked.contains(what) { report.notChecked.append(what) }
    }

    /// Begins a new transaction after damaged pages.
    private func goOn() throws {
        guard mustRenew else { return }
        mustRenew = false
        if try !commit.renew() {
            skip("the rest after damaged pages, because the store changed or has too much damage")
        }
    }

    private func reportPages(in table: TableNumber, at key: [UInt8], _ error: LMDBError) {
        // That reads are refused is no news when it is known why.
        let isKnown = error.isAftermath && mustRenew
        damagedTables.insert(table)
        mustRenew = true
        guard !isKnown else { return skip("the rest of the check '\(current.name)', after damaged pages") }
        add(
            "pages", in: table, at: Hexadecimal.abbreviated(key),
            "the table cannot be read past this key: \(error.message)")
    }

    private func add(_ rule: String, in table: TableNumber, at key: String, _ sentence: String) {
        let finding = VerificationReport.Finding(
            rule: rule, table: table.name, key: key, sentence: sentence, remedy: Self.remedy(table))
        // Bounded as the report is: what is not kept there is not compared either.
        if known.count < VerificationReport.maximumFindings {
            guard known.insert(finding).inserted else { return }
        }
        report.add(finding)
    }

    /// Returns the remedy for damage in a table.
    private static func remedy(_ table: TableNumber) -> String {
        switch table {
        case .documents, .dictionaries, .multivectors, .vocabulary:
            "restore a backup, or run `repair` to keep what can still be read"
        case .meta, .ids, .statistics, .segments, .tombstones, .changes:
            "restore a backup, or run `repair`, which rebuilds this from the documents"
        }
    }
}

extension Verification {
    /// Opens a segment. Returns nil and reports a finding if that fails.
    func window(_ entry: SegmentEntry) throws -> WindowSegment? {
        try open(entry.id, lacking: .segmentParts) {
            try WindowSegment(SegmentParts(entry, reader.segments), lists)
        }
    }

    /// Opens the block index. Returns nil and reports a finding if that fails.
    func blockIndex(_ record: BlockIndexRecord) throws -> BlockIndex? {
        try open(record.number, lacking: .blockParts) {
            try BlockIndex(record, reader.segments)
        }
    }

    /// - Parameter invariant: The invariant that a missing part violates.
    private func open<R>(_ number: UInt32, lacking invariant: StoreInvariant, _ body: () throws -> R) throws -> R? {
        let prefix = Keys.segmentPrefix(number)
        try visit(.segments, prefix)
        return try attempt(in: .segments, at: prefix) {
            do {
                return try body()
            } catch let error as SparseStoreError where error.code == .corrupted {
                // The report adds the remedy.
                broken(invariant, in: .segments, at: prefix, error.problem)
                return nil
            }
        } ?? nil
    }

    /// Returns the record of the block index; nil if there is none, or, with a finding, if it cannot be read.
    func blockIndexRecord() throws -> BlockIndexRecord? {
        try attempt(in: .meta, at: Keys.blocks) { try reader.meta.blocks() } ?? nil
    }

    /// Returns the removed or changed ordinals of a segment; nil, with a finding, if they cannot be read.
    func marks(_ mark: Mark, of window: WindowSegment) throws -> Bitmap? {
        let table = reader.marks(mark)
        var bitmap = Bitmap(count: window.documentCount)
        for first in stride(from: 0, to: bitmap.count, by: TombstonePage.ordinalsPerPage) {
            let page = UInt32(first / TombstonePage.ordinalsPerPage)
            let read: TombstonePage?? = try attempt(in: mark.table, at: Keys.tombstones(window.id, page)) {
                try table.page(window.id, page)
            }
            guard let found = read else { return nil }
            if let found { bitmap.insert(bytes: found.bytes, at: first) }
        }
        return bitmap
    }

    /// Calls `body` with each segment that can be opened and its dead ordinals.
    func forEachWindow(
        _ manifest: ManifestRecord, otherwise unseen: String, _ body: (WindowSegment, Bitmap) throws -> Void
    ) throws {
        for entry in manifest.segments {
            if let window = try window(entry), let dead = try marks(.removed, of: window) {
                try body(window, dead)
            } else {
                skip("\(unseen) of segment \(entry.id), because it cannot be opened")
            }
        }
    }
}

/// The extent of a verification.
public enum VerificationLevel: String, Sendable, Hashable, Codable {
    /// Checks the file, its manifest, and its counters, and that every segment is complete. Takes seconds.
    case quick
    /// Checks every checksum and every invariant of FORMAT.md. Reads the whole store several times.
    case deep
}

/// The progress of a verification.
public struct VerificationProgress: Sendable, Hashable {
    /// The name of the current check.
    public let check: String
    /// The table that the check is reading.
    public let table: String
    /// The key that the check has reached, in hexadecimal.
    public let key: String
    /// The number of values read before this one.
    public let values: Int
}

/// A check of one property of every sound store.
///
/// A check reads everything it needs itself, so that it can be understood alone. It reports violations and continues.
protocol VerificationCheck {
    /// The name of the check in reports and progress.
    static var name: String { get }
    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws
}

/// The checks of each level, cheap and basic ones first.
enum VerificationChecks {
    static func checks(of level: VerificationLevel) -> [any VerificationCheck.Type] {
        let basic: [any VerificationCheck.Type] = [
            DictionariesCheck.self, DeltasCheck.self, TombstonesCheck.self, ChangesCheck.self, MergesCheck.self,
            OrphansCheck.self, SegmentsCheck.self, BlocksCheck.self,
        ]
        return switch level {
        case .quick: basic + [CountsCheck.self]
        case .deep:
            basic + [
                VocabularyCheck.self, IdentifiersCheck.self, DocumentsCheck.self, VectorsCheck.self, TagsCheck.self,
                ColumnsCheck.self, PostingsCheck.self, BlockContentsCheck.self, MultivectorsCheck.self,
            ]
        }
    }
}

/// Verifies one commit of a store (FORMAT.md, "Invariants").
///
/// Memory: about 40 bytes for each distinct term; 50 MiB for the postings of one window and 32 MiB for its terms at a
/// time; one document; the report.
struct Verifier {
    let level: VerificationLevel
    let commit: CommitReader

    /// - Parameter progress: Called every few values. It may throw to stop.
    func run(progress: (VerificationProgress) throws -> Void) throws -> VerificationReport {
        try withoutActuallyEscaping(progress) { progress in
            let verification = Verification(level, commit, progress: progress)
            var manifest: ManifestRecord?
            try verification.check("meta") { manifest = try MetaCheck.run(verification) }
            if level == .deep { try verification.check("values") { try ValuesCheck.run(verification) } }
            guard let manifest else {
                verification.skip("whether values match each other, because the manifest cannot be read")
                return verification.report
            }
            verification.begin(generation: manifest.generation)
            for check in VerificationChecks.checks(of: level) {
                try verification.check(check.name) { try check.run(verification, manifest) }
            }
            return verification.report
        }
    }
}

/// Reads one commit, even after damage. liblmdb refuses all reads of a transaction that has met a damaged page, so a
/// new transaction is needed.
final class CommitReader {
    /// A transaction that is kept so that the data read in it stays valid.
    private final class Held {
        let transaction: LMDBReadTransaction
        init(_ transaction: consuming LMDBReadTransaction) { self.transaction = transaction }
    }

    private let file: StoreFile
    private var held: [Held]
    private(set) var reader: StoreReader

    init(_ file: StoreFile) throws {
        self.file = file
        let first = Held(try file.environment.beginRead())
        held = [first]
        reader = StoreReader(file.tables, first.transaction.reader)
    }

    /// Begins a new transaction. Returns false, with nothing changed, if another commit was made meanwhile or there
    /// were too many transactions.
    ///
    /// - Parameter isLast: Whether earlier transactions other than the first are no longer used.
    func renew(isLast: Bool = false) throws -> Bool {
        guard isLast || held.count < Self.maximumTransactions else { return false }
        let next = Held(try file.environment.beginRead())
        guard let first = held.first, next.transaction.id == first.transaction.id else { return false }
        held = (isLast ? [first] : held) + [next]
        reader = StoreReader(file.tables, next.transaction.reader)
        return true
    }

    /// The maximum number of transactions. Each holds a slot of the reader table.
    private static let maximumTransactions = 64
}
