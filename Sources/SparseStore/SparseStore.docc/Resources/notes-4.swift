import SparseStore
import SparseText

let encoder = BM25(language: .english)
let store = try Store.open(at: "notes.sparse")
try store.write { try $0.setEncoder(encoder.description) }

try store.write { transaction in
    try transaction.upsert(id: "1", text: "The swift is a small bird", tags: ["animal"])
    try transaction.upsert(id: "2", text: "Swift is a programming language")
}

let question = "small birds"
let options = SearchOptions(limit: 5, filter: .tag("animal"), fields: .payload)
let highlighter = try Highlighter(encoder, query: question)
for hit in try store.search(text: question, options: options) {
    let text = hit.payloadText ?? ""
    let passage = highlighter.highlights(in: text, passageBytes: 80).passages.first
    print(hit.id, hit.score, passage.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) } ?? text)
}
