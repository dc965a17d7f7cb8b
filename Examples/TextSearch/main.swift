// Searches the lines of files in plain words:
//
//     text-search STORE QUESTION FILE...
//
// Each line is a document. A file that is read again replaces its old lines.
import Foundation
import SparseStore
import SparseText

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else {
    FileHandle.standardError.write(Data("usage: text-search STORE QUESTION [FILE...]\n".utf8))
    exit(2)
}

let store = try Store.open(at: arguments[0])
defer { store.close() }
let encoder = BM25(language: .english)

for file in arguments.dropFirst(2) {
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
    let known = try store.read { snapshot in
        var ids: [String] = []
        try snapshot.forEachDocument { document in
            if document.tags == [file] { ids.append(document.id) }
            return true
        }
        return ids
    }
    // One transaction: a reader sees the old file or the new one.
    try store.write { transaction in
        try transaction.setEncoder(encoder.description)
        for id in known { try transaction.remove(id) }
        for (number, line) in lines.enumerated() where !encoder.encode(document: String(line)).isEmpty {
            try transaction.upsert(id: "\(file):\(number + 1)", text: String(line), tags: [file])
        }
    }
}

let highlighter = try Highlighter(encoder, query: arguments[1])
let hits = try store.search(
    text: arguments[1], options: SearchOptions(limit: 5, fields: .payload, countsMatches: true), encoder: encoder)
print("\(hits.matches ?? 0) lines match")
for hit in hits {
    let line = hit.payloadText ?? ""
    let found = highlighter.highlights(in: line).matches
    let bytes = Array(line.utf8)
    let words = found.map { String(decoding: bytes[$0], as: UTF8.self) }
    print(hit.id, line.trimmingCharacters(in: .whitespaces), "[\(words.joined(separator: ", "))]", separator: "\t")
}
