// Finds notes by their words, and ranks newer ones a little higher.
//
//     notes STORE add TEXT [TAG...]
//     notes STORE find WORDS [TAG]
//     notes STORE remove ID
import Foundation
import SparseStore
import SparseText

/// A note, as it is stored in the payload.
struct Note: Codable {
    var text: String
    var written: Date
}

/// The notes in one store.
struct Notes {
    let store: Store
    let encoder = BM25(language: .english)

    init(at path: String) throws {
        store = try Store.open(at: path)
        let description = encoder.description
        try store.write { try $0.setEncoder(description) }
    }

    /// Adds a note, and returns its identifier.
    func add(_ text: String, tags: [String]) throws -> String {
        let terms = encoder.encode(document: text)
        return try store.write { transaction in
            var document = Document(id: "note-\(transaction.generation)", terms: terms, tags: tags)
            try document.setPayload(Note(text: text, written: Date()))
            try transaction.upsert(document)
            return document.id
        }
    }

    /// A ranking from outside the search: the newest notes first. It could also come from an index of dense vectors.
    private func newest(of snapshot: Snapshot) throws -> ExternalRanking {
        let order = ListOrder(isDescending: true)
        return ExternalRanking(ids: try snapshot.list(order: order, limit: 100).documents.map(\.id))
    }

    /// Returns the notes that match, ranked by words and by age.
    func find(_ words: String, tag: String?) throws -> [(id: String, note: Note, passage: String)] {
        let query = Query(terms: encoder.encode(query: words))
        let options = SearchOptions(
            limit: 10, weighting: encoder.weighting, filter: tag.map { .tag($0) }, fields: .payload)
        let highlighter = try Highlighter(encoder, query: words)
        return try store.read { snapshot in
            // Age only reorders the notes that match. It adds none.
            let matching = Set(try snapshot.search(query, options: options).map(\.id))
            let newest = try ExternalRanking(ids: newest(of: snapshot).ids.filter(matching.contains))
            let result = try snapshot.search(
                query, options: options, stages: [.fuse(newest, by: .reciprocalRank())])
            return try result.compactMap { hit in
                guard let note = try hit.payload(as: Note.self) else { return nil }
                let best = highlighter.highlights(in: note.text, passageBytes: 80).passages.first
                let bytes = Array(note.text.utf8)
                return (hit.id, note, best.map { String(decoding: bytes[$0.range], as: UTF8.self) } ?? note.text)
            }
        }
    }

    func remove(_ id: String) throws -> Bool { try store.write { try $0.remove(id) } }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3 else {
    FileHandle.standardError.write(Data("usage: notes STORE add TEXT [TAG...] | find WORDS [TAG] | remove ID\n".utf8))
    exit(2)
}
let notes = try Notes(at: arguments[0])
defer { notes.store.close() }
switch arguments[1] {
case "add": print(try notes.add(arguments[2], tags: Array(arguments.dropFirst(3))))
case "find":
    for (id, note, passage) in try notes.find(arguments[2], tag: arguments.dropFirst(3).first) {
        print(id, note.written.formatted(.iso8601), passage, separator: "\t")
    }
case "remove": print(try notes.remove(arguments[2]) ? "removed" : "there is no such note")
default:
    FileHandle.standardError.write(Data("notes: '\(arguments[1])' is not add, find or remove\n".utf8))
    exit(2)
}
