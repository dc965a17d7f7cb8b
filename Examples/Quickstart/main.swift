import SparseStore

let store = try Store.open(at: CommandLine.arguments.dropFirst().first ?? "quickstart.sparse")

try store.write { transaction in
    try transaction.upsert(Document(id: "bird", terms: ["swift": 1.9, "wing": 0.7], tags: ["animal"]))
    try transaction.upsert(Document(id: "language", terms: ["swift": 1.4, "compiler": 1.1]))
    try transaction.upsert(Document(id: "engine", terms: ["storage": 1.1, "engine": 1.4]))
}

let result = try store.search(["swift": 1.2, "compiler": 0.4], limit: 2, recall: .exact)
for hit in result { print(hit.id, hit.score) }

let animals = try store.search(["swift": 1], options: SearchOptions(filter: .tag("animal")))
print("animals:", animals.map(\.id).joined(separator: ", "))
store.close()
