internal import LMDB
internal import SparseFormat

/// Maps term strings to term numbers and back, for stores whose terms are strings.
struct VocabularyTable {
    let tables: Tables
    let reader: Reader

    func id(of name: String) throws -> TermID? {
        guard !name.isEmpty, name.utf8.count <= Limits.maximumTermBytes else { return nil }
        return try TermIDRecord(from: tables.vocabulary, .vocabulary, key: Keys.termID(name), reader)?.id
    }

    func name(of id: TermID) throws -> String? {
        try TermNameRecord(from: tables.vocabulary, .vocabulary, key: Keys.termName(id), reader)?.name
    }

    static func put(_ name: String, id: TermID, _ tables: Tables, _ writer: Writer) throws {
        try TermIDRecord(id: id).put(into: tables.vocabulary, .vocabulary, key: Keys.termID(name), writer)
        try TermNameRecord(name: name).put(into: tables.vocabulary, .vocabulary, key: Keys.termName(id), writer)
    }
}
