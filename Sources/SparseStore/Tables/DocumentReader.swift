internal import LMDB
internal import SparseFormat

/// Converts stored documents to the caller's documents.
struct DocumentReader {
    let tables: Tables
    let reader: Reader
    let termSpace: TermSpace
    private let rescuedNames: [TermID: String]
    let decoder: DocumentDecoder

    /// - Parameter rescuedNames: The names of terms whose own entry in the vocabulary cannot be read.
    init(tables: Tables, reader: Reader, termSpace: TermSpace, rescuedNames: [TermID: String] = [:]) {
        self.rescuedNames = rescuedNames
        self.tables = tables
        self.reader = reader
        self.termSpace = termSpace
        let dictionaries = DictionaryTable(tables: tables, reader: reader)
        decoder = DocumentDecoder { try? dictionaries.dictionary($0) }
    }

    func document(_ view: DocumentView) throws -> Document {
        let content = try content(view)
        let id = try view.identifier
        let payload = try view.payload(decoder)
        let tags = try view.tags()
        let attributes = try view.attributes()
        switch content {
        case .vector(let vector):
            return Document(id: id, vector: vector, payload: payload, tags: tags, attributes: attributes)
        case .terms(let terms):
            return Document(id: id, terms: terms, payload: payload, tags: tags, attributes: attributes)
        }
    }

    /// Returns only the vector.
    func content(_ view: DocumentView) throws -> SparseContent {
        let vector = try view.vector()
        guard termSpace == .strings else { return .vector(vector) }
        let vocabulary = VocabularyTable(tables: tables, reader: reader)
        let terms = try zip(vector.terms, vector.weights).map { term, weight in
            guard let name = try rescuedNames[term] ?? vocabulary.name(of: term) else {
                throw SparseStoreError(
                    .corrupted, "term \(term) has no name in the vocabulary; restore the store from a backup")
            }
            return WeightedTerm(name, weight)
        }
        return .terms(terms)
    }
}
