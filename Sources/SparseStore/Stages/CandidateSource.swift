internal import LMDB
internal import SparseFormat

/// The state shared by the candidates of one stage: their snapshot and the decoder of their payloads.
final class CandidateSource: Sendable {
    let documents: any StoredDocuments
    private let decoder = Lock<DocumentDecoder?>(nil)

    init(_ documents: any StoredDocuments) { self.documents = documents }

    /// Calls `body` with a stored document and its decoder, under the transaction's lock.
    func withDocument<R>(_ number: UInt64, _ body: (DocumentView, DocumentDecoder) throws -> R) throws -> R {
        try documents.withReader { reader in
            let tables = documents.tables
            let view = try DocumentTable(tables: tables, reader: reader).existing(number)
            return try decoder.withLock { decoder in
                let dictionaries = DictionaryTable(tables: tables, reader: reader)
                let current = decoder ?? DocumentDecoder { try? dictionaries.dictionary($0) }
                decoder = current
                return try body(view, current)
            }
        }
    }

    /// Calls `body` with the value that a table has for a document's number, in the memory map, or nil if there is
    /// none. The value's header is not decoded.
    func withValue<R>(
        of number: UInt64, in table: KeyPath<Tables, Table>, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) throws -> R {
        let bytes = try documents.withReader { try $0.get(documents.tables[keyPath: table], number) }
        // The caller's closure runs outside the lock; the bytes stay where they are while the snapshot lives.
        return try withExtendedLifetime(documents) { try body(bytes) }
    }
}
