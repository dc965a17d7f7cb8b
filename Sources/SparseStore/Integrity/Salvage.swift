internal import LMDB
internal import SparseFormat

/// Reads the readable parts of a damaged store: its documents, from `documents`, `vocabulary`, `dictionaries`, and
/// `multivectors` alone, and its bookmarks. Everything else is rebuilt from these.
struct Salvage {
    private let commit: CommitReader
    private let progress: (VerificationProgress) throws -> Void
    private let termSpace: TermSpace
    private let rescuedNames: [TermID: String]
    private let codebooks = CodebookCache()
    /// The dimension of token vectors, from the settings or, if these cannot be read, from most of the values.
    private let dimension: Int?
    /// The codec of the token vectors, if it can be read.
    let multivectorCodec: MultivectorCodec?

    init(_ commit: CommitReader, progress: @escaping (VerificationProgress) throws -> Void) throws {
        self.commit = commit
        self.progress = progress
        termSpace = try Self.termSpace(commit)
        rescuedNames = try Self.rescuedNames(commit)
        let settings = try Self.readable(commit) { reader in
            try MultivectorSettings(from: .meta, key: Keys.multivectorSettings, reader)
        }
        multivectorCodec = settings?.encoding.codec
        dimension = try settings?.dimension ?? Self.usualDimension(commit)
    }

    /// The number of terms whose name was recovered from the entry by name because the entry by number cannot be read.
    var rescuedTerms: Int { rescuedNames.count }

    private var documents: DocumentAssembler {
        DocumentAssembler(
            reader: commit.reader, termSpace: termSpace, rescuedNames: rescuedNames)
    }

    private var multivectors: MultivectorTable {
        commit.reader.multivectors(codebooks)
    }

    /// The encoder of the vectors, if it can be read.
    var encoder: EncoderDescription? {
        (try? commit.reader.meta.encoder())?.description
    }

    /// Returns the kind of terms from the manifest or, if it cannot be read, from the vocabulary.
    private static func termSpace(_ commit: CommitReader) throws -> TermSpace {
        let manifest = try readable(commit) { reader in
            try ManifestRecord(from: .meta, key: Keys.manifest, reader)
        }
        if let manifest { return manifest.termSpace }
        return try commit.reader.size(of: .vocabulary).entries > 0 ? .strings : .numbers
    }

    /// Returns the dimension that most multivectors have.
    private static func usualDimension(_ commit: CommitReader) throws -> Int? {
        var counts: [Int: Int] = [:]
        try forEach(.multivectors, from: [], commit) { entry in
            if let number = try? Keys.multivectorNumber(entry.key),
                let view = try? MultivectorView(entry.value, number: number)
            {
                counts[view.dimension, default: 0] += 1
            }
            return true
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    private static func rescuedNames(_ commit: CommitReader) throws -> [TermID: String] {
        var names: [TermID: String] = [:]
        // Entries by name sort before entries by number.
        try forEach(.vocabulary, from: [], commit) { entry in
            guard case .term(let name)? = try? Keys.parseVocabulary(entry.key) else { return false }
            let record = try? TermIDRecord(sealed: entry.value, in: .vocabulary, key: entry.key)
            guard let id = record?.id else { return true }
            let found = try readable(commit) { reader in
                try reader.vocabulary.name(of: id)
            }
            if found == nil { names[id] = name }
            return true
        }
        return names
    }

    /// The damage of a document.
    enum Loss {
        /// The document cannot be read.
        case document(String)
        /// Only its token vectors cannot be read.
        case multivector(String)
    }

    /// Calls `good` with each readable document, in ascending order of numbers, and `bad` with each loss. If only the
    /// token vectors of a document are lost, both are called.
    func forEach(
        _ work: String, good: (UInt64, Document) throws -> Void, bad: (UInt64, Loss) throws -> Void
    ) throws {
        var cursor = try commit.reader.cursor(.documents)
        var documents = self.documents
        var next: UInt64 = 0
        var jump: UInt64 = 0
        var values = 0
        while true {
            let (isReadable, entry) = try Self.seek(&cursor, next &+ jump)
            guard isReadable else {
                // Numbers ascend, so larger and larger numbers lead past a leaf that cannot be read.
                try renew()
                cursor = try commit.reader.cursor(.documents)
                documents = self.documents
                if jump == 0 { try bad(next, .document("a page at or after this number cannot be read")) }
                let (wider, overflow) = max(1, jump).multipliedReportingOverflow(by: 2)
                guard !overflow, !next.addingReportingOverflow(wider).overflow else { return }
                jump = wider
                continue
            }
            guard let entry else { return }
            jump = 0
            if values % Verification.valuesPerProgress == 0 {
                try progress(
                    VerificationProgress(
                        check: work, table: TableNumber.documents.name, key: Hexadecimal.abbreviated(entry.key),
                        values: values))
            }
            values += 1
            guard let number = try? Keys.documentNumber(entry.key) else {
                // No number follows it in an orderly way; only a forger writes such a key.
                return try bad(next, .document("a key of this table is not a document number"))
            }
            func read<R>(_ loss: (String) -> Loss, _ body: () throws -> R) throws -> R? {
                do {
                    return try body()
                } catch let error as FormatError {
                    try bad(number, loss(error.sentence))
                } catch let error as SparseStoreError where error.code == .corrupted {
                    try bad(number, loss(error.problem))
                } catch let error as LMDBError where error.isDamage {
                    try bad(number, loss("a page that it needs cannot be read"))
                    try renew()
                    cursor = try commit.reader.cursor(.documents)
                    documents = self.documents
                }
                return nil
            }
            if var document = try read(
                Loss.document, { try documents.document(DocumentView(entry.value, number: number)) })
            {
                let tokens = try read(Loss.multivector) { [try multivector(number)] }
                document.multivector = tokens?.first ?? nil
                try good(number, document)
            }
            guard number < .max else { return }
            next = number + 1
        }
    }

    /// Returns the token vectors of a document. Those whose dimension differs from the store's are treated as damaged.
    private func multivector(_ number: UInt64) throws -> Multivector? {
        guard let multivector = try multivectors.multivector(number) else { return nil }
        if let dimension, multivector.dimension != dimension {
            throw SparseStoreError(
                .corrupted,
                problem: "a stored multivector has \(multivector.dimension) dimensions, but the store's setting is "
                    + "\(dimension)")
        }
        return multivector
    }

    private static func seek(
        _ cursor: inout LMDBCursor, _ number: UInt64
    ) throws(LMDBError) -> (isReadable: Bool, LMDBCursor.Entry?) {
        do {
            return (true, try cursor.seek(atOrAfter: number))
        } catch {
            guard error.isDamage else { throw error }
            return (false, nil)
        }
    }

    /// Calls `body` with each bookmark, with nil bytes for one that cannot be read.
    func forEachBookmark(_ body: (String, [UInt8]?) throws -> Void) throws {
        try Self.forEach(.meta, from: Keys.bookmarkPrefix, commit) { entry in
            guard entry.key.starts(with: Keys.bookmarkPrefix) else { return false }
            guard let name = try? Keys.parseBookmark(entry.key) else { return true }
            try body(name, try? BookmarkRecord(sealed: entry.value, in: .meta, key: entry.key).bytes)
            return true
        }
    }

    /// Returns the identifiers that `ids` still has for some document numbers.
    func identifiers(of numbers: Set<UInt64>) throws -> [UInt64: String] {
        var identifiers: [UInt64: String] = [:]
        guard !numbers.isEmpty else { return identifiers }
        try Self.forEach(.ids, from: [], commit) { entry in
            let record = try? IdentifierRecord(sealed: entry.value, in: .ids, key: entry.key)
            if let number = record?.number, numbers.contains(number) {
                identifiers[number] = try? Keys.parseIdentifier(entry.key)
            }
            return true
        }
        return identifiers
    }

    /// Begins a new transaction after damaged pages.
    private func renew() throws { try Self.renew(commit) }

    private static func renew(_ commit: CommitReader) throws {
        guard try commit.renew(isLast: true) else {
            throw SparseStoreError(
                .busy, problem: "the store changed while it was being read",
                remedy: "stop its writers and try again")
        }
    }

    /// Calls `body` with the entries of a table, until its pages cannot be read or `body` returns false.
    private static func forEach(
        _ table: TableNumber, from first: [UInt8], _ commit: CommitReader, _ body: (LMDBCursor.Entry) throws -> Bool
    ) throws {
        var cursor = try commit.reader.cursor(table)
        do {
            var entry = try cursor.seek(atOrAfter: first)
            while let current = entry, try body(current) { entry = try cursor.next() }
        } catch let error as LMDBError where error.isDamage {
            try renew(commit)
        }
    }

    /// Returns the result of `body`; nil if it meets damage.
    private static func readable<R>(_ commit: CommitReader, _ body: (StoreReader) throws -> R?) throws -> R? {
        do {
            return try body(commit.reader)
        } catch is FormatError {
            return nil
        } catch let error as LMDBError where error.isDamage {
            try renew(commit)
            return nil
        }
    }
}

/// The results of a repair.
public struct RepairReport: Sendable, Hashable, Codable {
    /// A document that cannot be read, or whose token vectors cannot be read.
    public struct Damaged: Sendable, Hashable, Codable {
        /// The number of the document. If several are on one damaged page, the number of the first.
        public let number: UInt64
        /// The identifier of the document, if `ids` still has it.
        public internal(set) var id: String?
        /// A description of the damage.
        public let sentence: String
    }

    /// The number of documents that can be read. Their token vectors may be lost.
    public internal(set) var documents = 0
    /// The documents that cannot be read, at most ``maximumDamaged``.
    public internal(set) var damaged: [Damaged] = []
    /// The total number of documents that cannot be read. A damaged page counts once.
    public internal(set) var damagedCount = 0
    /// The documents that can be read except for their token vectors, at most ``maximumDamaged``.
    public internal(set) var withoutMultivector: [Damaged] = []
    /// The total number of documents that can be read except for their token vectors. They are included in
    /// ``documents``.
    public internal(set) var lostMultivectors = 0
    /// The number of term names that only one of their two entries still had.
    public internal(set) var rescuedTerms = 0
    /// The number of bookmarks that can be read.
    public internal(set) var bookmarks = 0
    /// The number of bookmarks that cannot be read. They are omitted.
    public internal(set) var lostBookmarks = 0
    /// Whether the new store was written.
    public internal(set) var isWritten = false

    /// The maximum number of damaged documents listed in a report. All of them are counted.
    public static let maximumDamaged = 1_000

    /// Whether the new store has less data than the damaged one. A lossy repair is written only on request.
    public var isLossy: Bool { damagedCount > 0 || lostMultivectors > 0 }

    mutating func add(_ number: UInt64, _ loss: Salvage.Loss) {
        switch loss {
        case .document(let sentence):
            damagedCount += 1
            if damaged.count < Self.maximumDamaged { damaged.append(Damaged(number: number, sentence: sentence)) }
        case .multivector(let sentence):
            lostMultivectors += 1
            if withoutMultivector.count < Self.maximumDamaged {
                withoutMultivector.append(Damaged(number: number, sentence: sentence))
            }
        }
    }
}
