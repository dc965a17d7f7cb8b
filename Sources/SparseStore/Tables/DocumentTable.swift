internal import LMDB
internal import SparseFormat

/// Maps document numbers to exact vectors, tags, and payloads. Everything else is derived from this table.
struct DocumentTable {
    let reader: StoreReader

    /// Returns a view into the memory map. Valid while the reader's transaction lives.
    func view(_ number: UInt64) throws -> DocumentView? {
        guard let bytes = try reader.get(.documents, number) else { return nil }
        return try DocumentView(bytes, number: number)
    }

    /// Returns a document that the index refers to.
    func existing(_ number: UInt64) throws -> DocumentView {
        guard let view = try view(number) else {
            throw SparseStoreError.corrupted("document number \(number) is indexed but not stored")
        }
        return view
    }

    /// Calls `body` with each live document, in ascending order of numbers starting at `first`, until it returns false.
    func forEach(from first: UInt64 = 0, _ body: (UInt64, DocumentView) throws -> Bool) throws {
        var cursor = try reader.cursor(.documents)
        var entry = try cursor.seek(atOrAfter: first)
        while let current = entry {
            let number = try Keys.documentNumber(current.key)
            guard try body(number, DocumentView(current.value, number: number)) else { return }
            entry = try cursor.next()
        }
    }
}

/// Converts stored documents to the caller's documents.
struct DocumentAssembler {
    let reader: StoreReader
    let termSpace: TermSpace
    private let rescuedNames: [TermID: String]
    let decoder: DocumentDecoder

    /// - Parameter rescuedNames: The names of terms whose own entry in the vocabulary cannot be read.
    init(reader: StoreReader, termSpace: TermSpace, rescuedNames: [TermID: String] = [:]) {
        self.rescuedNames = rescuedNames
        self.reader = reader
        self.termSpace = termSpace
        let dictionaries = reader.dictionaries
        decoder = DocumentDecoder { try? dictionaries.dictionary($0) }
    }

    func document(_ view: DocumentView) throws -> Document {
        var document = Document(
            id: try view.identifier, payload: try view.payload(decoder), tags: try view.tags(),
            attributes: try view.attributes())
        document.content = try content(view)
        return document
    }

    /// Returns only the vector; nil if the document has none.
    func content(_ view: DocumentView) throws -> SparseContent? {
        let vector = try view.vector()
        guard vector.count > 0 else { return nil }
        guard termSpace == .strings else { return .vector(vector) }
        let vocabulary = reader.vocabulary
        let terms = try zip(vector.terms, vector.weights).map { term, weight in
            guard let name = try rescuedNames[term] ?? vocabulary.name(of: term) else {
                throw SparseStoreError.corrupted("term \(term) has no name in the vocabulary")
            }
            return WeightedTerm(name, weight)
        }
        return .terms(terms)
    }
}
