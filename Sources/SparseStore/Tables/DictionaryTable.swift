internal import LMDB
internal import SparseFormat

/// The trained zstd dictionaries by number. A dictionary never changes; a new one gets a new number.
struct DictionaryTable {
    let tables: Tables
    let reader: Reader

    func dictionary(_ id: UInt32) throws -> ZstdDictionary {
        guard
            let record = try DictionaryRecord(
                from: tables.dictionaries, .dictionaries, key: Keys.dictionary(id), reader)
        else {
            throw SparseStoreError(.corrupted, "dictionary \(id) is missing; restore the store from a backup")
        }
        return ZstdDictionary(id: id, bytes: record.bytes)
    }

    static func put(_ bytes: [UInt8], id: UInt32, _ tables: Tables, _ writer: Writer) throws {
        try DictionaryRecord(bytes: bytes)
            .put(into: tables.dictionaries, .dictionaries, key: Keys.dictionary(id), writer)
    }
}
