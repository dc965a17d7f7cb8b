internal import LMDB
internal import SparseFormat

/// Reads what can still be read of a damaged store: its documents, from `documents`, `vocabulary`, `dictionaries`
/// and `multivectors` alone, and its bookmarks. Everything else is made anew from these.
struct Salvage {
    private let tables: Tables
    private let reader: Reader
    private let progress: (VerificationProgress) throws -> Void
    private let documents: DocumentReader
    private let multivectors: MultivectorTable
    /// Names that their number no longer leads to, but that lead to their number.
    let rescuedTerms: Int

    init(_ tables: Tables, _ reader: Reader, progress: @escaping (VerificationProgress) throws -> Void) throws {
        self.tables = tables
        self.reader = reader
        self.progress = progress
        multivectors = MultivectorTable(tables: tables, reader: reader, codebooks: CodebookCache())
        let names = try Self.rescuedNames(tables, reader)
        rescuedTerms = names.count
        documents = DocumentReader(
            tables: tables, reader: reader, termSpace: try Self.termSpace(tables, reader), rescuedNames: names)
    }

    /// The codec of the token vectors, where it can be read.
    var multivectorCodec: MultivectorCodec? { (try? multivectors.settings())?.codec }

    /// What the manifest says or, when it cannot be read, the vocabulary shows.
    private static func termSpace(_ tables: Tables, _ reader: Reader) throws -> TermSpace {
        var space: TermSpace?
        _ = try isReadable {
            space = try ManifestRecord(from: tables.meta, .meta, key: Keys.manifest, reader)?.termSpace
            return true
        }
        if let space { return space }
        return try reader.statistics(tables.vocabulary).entries > 0 ? .strings : .numbers
    }

    private static func rescuedNames(_ tables: Tables, _ reader: Reader) throws -> [TermID: String] {
        let vocabulary = VocabularyTable(tables: tables, reader: reader)
        var names: [TermID: String] = [:]
        // The names stand before the numbers.
        try forEach(tables.vocabulary, from: [], reader) { entry in
            guard case .term(let name)? = try? Keys.parseVocabulary(entry.key) else { return false }
            let record = try? TermIDRecord(sealed: entry.value, in: .vocabulary, key: entry.key)
            if let id = record?.id, try !isReadable({ try vocabulary.name(of: id) != nil }) { names[id] = name }
            return true
        }
        return names
    }

    /// Calls `good` with each document that can be read, ascending by number, and `bad` with what is wrong with others.
    func forEach(
        _ work: String, good: (UInt64, Document) throws -> Void, bad: (UInt64, String) throws -> Void
    ) throws {
        var cursor = try reader.cursor(tables.documents)
        var next: UInt64 = 0
        var jump: UInt64 = 0
        var values = 0
        while true {
            let (isReadable, entry) = try Self.seek(&cursor, next &+ jump)
            guard isReadable else {
                // Numbers ascend: a leaf that cannot be read is passed by asking for ever larger ones.
                if jump == 0 { try bad(next, "a page from this number on cannot be read") }
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
                return try bad(next, "a key of this table is no document number")
            }
            do {
                var document = try documents.document(DocumentView(entry.value, number: number))
                document.multivector = try multivectors.multivector(number)
                try good(number, document)
            } catch let error as FormatError {
                try bad(number, error.sentence)
            } catch let error as SparseStoreError where error.code == .corrupted {
                try bad(number, String(error.message.prefix { $0 != ";" }))
            }
            guard number < .max else { return }
            next = number + 1
        }
    }

    private static func seek(
        _ cursor: inout Cursor, _ number: UInt64
    ) throws(LMDBError) -> (isReadable: Bool, Cursor.Entry?) {
        do {
            return (true, try cursor.seek(atOrAfter: number))
        } catch {
            guard error.code == .corrupted else { throw error }
            return (false, nil)
        }
    }

    /// Calls `body` with each bookmark, and nil bytes for one that cannot be read.
    func forEachBookmark(_ body: (String, [UInt8]?) throws -> Void) throws {
        try Self.forEach(tables.meta, from: Keys.bookmarkPrefix, reader) { entry in
            guard entry.key.starts(with: Keys.bookmarkPrefix) else { return false }
            guard let name = try? Keys.parseBookmark(entry.key) else { return true }
            try body(name, try? BookmarkRecord(sealed: entry.value, in: .meta, key: entry.key).bytes)
            return true
        }
    }

    /// The identifiers that `ids` still has for some document numbers.
    func identifiers(of numbers: Set<UInt64>) throws -> [UInt64: String] {
        var identifiers: [UInt64: String] = [:]
        guard !numbers.isEmpty else { return identifiers }
        try Self.forEach(tables.ids, from: [], reader) { entry in
            let record = try? IdentifierRecord(sealed: entry.value, in: .ids, key: entry.key)
            if let number = record?.number, numbers.contains(number) {
                identifiers[number] = try? Keys.parseIdentifier(entry.key)
            }
            return true
        }
        return identifiers
    }

    /// Calls `body` with the entries of a table, as far as its pages can be read or until it returns false.
    private static func forEach(
        _ table: Table, from first: [UInt8], _ reader: Reader, _ body: (Cursor.Entry) throws -> Bool
    ) throws {
        var cursor = try reader.cursor(table)
        do {
            var entry = try cursor.seek(atOrAfter: first)
            while let current = entry, try body(current) { entry = try cursor.next() }
        } catch let error as LMDBError where error.code == .corrupted {
            return
        }
    }

    /// False when damage is in the way, or `body` says so.
    private static func isReadable(_ body: () throws -> Bool) throws -> Bool {
        do {
            return try body()
        } catch is FormatError {
            return false
        } catch let error as LMDBError where error.code == .corrupted {
            return false
        }
    }
}
