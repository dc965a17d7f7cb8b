import SparseStore
import SparseText

let encoder = BM25(language: .english)
let store = try Store.open(at: "notes.sparse")
try store.write { try $0.setEncoder(encoder.description) }

try store.write { transaction in
    try transaction.upsert(id: "1", text: "The swift is a small bird", tags: ["animal"])
    try transaction.upsert(id: "2", text: "Swift is a programming language")
}

let options = SearchOptions(limit: 5, fields: .payload)
for hit in try store.search(text: "small birds", options: options) {
    print(hit.id, hit.score, hit.payloadText ?? "")
}
