import SparseStore

/// Says what a store holds, a line a document, and what is wrong with it. It ends with writing to it, and with taking
/// that back.
struct StoreCheck {
    let store: Store

    init(path: String) throws {
        var configuration = Configuration()
        configuration.createsIfMissing = false
        configuration.maintenance = .manual
        store = try Store.open(at: path, configuration: configuration)
    }

    func run() throws {
        let documents = try all()
        for document in documents { say("document \(try line(document))") }
        try verify("verify")
        try compareWithBruteForce(documents)
        try writeAndTakeBack()
        try verify("verify after a write")
        guard try all() == documents else { return say("problem a write and its undoing left other documents") }
        store.close()
    }

    private func all() throws -> [Document] {
        var documents: [Document] = []
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                documents.append(document)
                return true
            }
            if snapshot.count != documents.count {
                say("problem the store counts \(snapshot.count) documents and has \(documents.count)")
            }
        }
        for document in documents where try store.document(document.id) != document {
            say("problem '\(document.id)' is another document by its id")
        }
        return documents
    }

    private func verify(_ when: String) throws {
        let report = try store.verify(.deep)
        for finding in report.findings { say("problem \(when): \(finding.rule) \(finding.sentence)") }
    }

    /// Weights are multiples of 1/8 and small: sums are exact in any order, so scores must be equal.
    private func compareWithBruteForce(_ documents: [Document]) throws {
        let step = max(1, documents.count / 6)
        for index in stride(from: 0, to: documents.count, by: step) {
            let query = Self.weights(documents[index])
            let expected =
                documents.map { document in
                    (
                        id: document.id,
                        score: Self.weights(document).reduce(Float(0)) { $0 + $1.value * query[$1.key, default: 0] }
                    )
                }
                .filter { $0.score > 0 }
                .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
                .prefix(10)
            let found = try store.search(Query(terms: query), limit: 10, recall: .exact).hits
            if !found.elementsEqual(expected, by: { $0.id == $1.id && $0.score == $1.score }) {
                say("problem the exact search for '\(documents[index].id)' is not what brute force finds")
            }
        }
    }

    private func writeAndTakeBack() throws {
        let probe = Document(id: "probe", terms: ["probe": 1], payload: Array("probe".utf8))
        try store.write { try $0.upsert(probe) }
        if try store.search(["probe": 1], recall: .exact).hits.map(\.id) != [probe.id] {
            say("problem a document written afterward is not found")
        }
        try store.write { try $0.remove(probe.id) }
        if try !store.search(["probe": 1], recall: .exact).hits.isEmpty {
            say("problem a document removed afterward is found")
        }
    }

    private static func weights(_ document: Document) -> [String: Float] {
        guard case .terms(let terms) = document.content else { return [:] }
        return Dictionary(terms.map { ($0.term, $0.weight) }) { $1 }
    }

    /// Id, payload, vector, tags and the number of token vectors, with tabs between them, as `model.py` writes it.
    private func line(_ document: Document) throws -> String {
        let tokens = try store.document(document.id, includingMultivector: true)?.multivector?.count ?? 0
        let payload = String(decoding: document.payload ?? [], as: UTF8.self)
        let terms = Self.weights(document).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let tags = document.tags.sorted().joined(separator: " ")
        return [document.id, payload, terms.joined(separator: " "), tags, "\(tokens) tokens"].joined(separator: "\t")
    }
}
