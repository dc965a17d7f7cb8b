import SparseStore
import SparseText

let encoder = BM25(language: .english)
let store = try Store.open(at: "notes.sparse")
try store.write { try $0.setEncoder(encoder.description) }
