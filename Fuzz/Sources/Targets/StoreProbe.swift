@testable import SparseStore
import SystemPackage

/// Makes every kind of call on a store that may be damaged.
struct StoreProbe {
    let path: String
    /// The data that answers are compared with.
    struct Truth {
        /// All documents that were ever written; none has ever changed.
        let written: [String: Document]
        /// The documents of the last commit.
        let documents: [String: Document]
        let generation: UInt64
    }

    /// The expected data; nil if values may be forged. Damaged pages may lead to an earlier commit, or to a part of
    /// one. Every document that is found must have been written, and an exact answer of the last commit must be
    /// correct.
    let truth: Truth?

    /// Which of the searches are made: those whose number modulo ``shares`` is this, or all if nil. Coverage guides
    /// libFuzzer to the share that an input needs, in a fraction of the time of all.
    var share: Int?

    static let shares = 7

    /// - Throws: `Finding` for a wrong answer, and for an error of an unexpected type.
    func run(writing: [Maintenance]? = nil, verifying: Bool = false) throws {
        var configuration = Configuration()
        configuration.durability = .lastCommitsMayBeLost
        guard let store = try attempt({ try Store.open(at: path, configuration: configuration) }) else { return }
        defer { store.close() }
        _ = try attempt { try store.statistics() }
        if verifying { _ = try attempt { try store.verify(.deep) } }
        try read(store)
        try search(store)
        if let writing {
            try write(store)
            for step in writing { try maintain(store, step) }
            try search(store)
        }
    }

    /// The changes to a store apart from those to its documents.
    enum Maintenance: UInt8, CaseIterable {
        case blocks, merging, encoding, tuning
    }

    /// Checks that a repaired store is sound, whatever the damage was.
    func repair(to new: String) throws {
        let report = try attempt {
            try Store.repair(FilePath(path), to: FilePath(new), skippingDamaged: true)
        }
        guard report?.isWritten == true else { return }
        let store = try Store.open(at: new)
        defer { store.close() }
        let findings = try store.verify(.deep).findings
        try Finding.unless(findings.isEmpty, "the repaired store is not sound: \(findings)")
    }

    private func read(_ store: Store) throws {
        // Reading all documents of the large store takes longer than its searches.
        var left = share ?? 0 == 0 ? Int.max : 20
        _ = try attempt {
            try store.read { snapshot in
                try snapshot.forEachDocument {
                    try check($0)
                    left -= 1
                    return left > 0
                }
            }
        }
        for id in ["d1", "d10", "d26", "d1050", "unknown"] {
            _ = try attempt { if let document = try store.document(id) { try check(document) } }
            _ = try attempt { try store.document(id, includingMultivector: true) }
        }
        _ = try attempt {
            try store.read { snapshot in
                _ = try snapshot.bookmark("place")
                for name in ["all", "t7"] {
                    guard let term = try snapshot.termID(named: name) else { continue }
                    _ = try snapshot.documentFrequency(of: term)
                }
            }
        }
    }

    private func search(_ store: Store) throws {
        for (number, call) in calls(on: store).enumerated() where share == nil || number % Self.shares == share {
            _ = try attempt(call)
        }
    }

    private func calls(on store: Store) -> [() throws -> Void] {
        let query: Query = ["all": 0.5, "t3": 2, "t7": 1, "t11": 0.25]
        let searches: [(Recall, Filter?, Weighting)] = [
            (.exact, nil, .none), (.fast, nil, .corpusIDF), (.target(0.9), nil, .none),
            (.exact, .tag("three") && !.tag("n3"), .none), (.exact, .ids(["d3", "d1050", "d26"]), .none),
            (.exact, .attribute("number") > 20 && !(.attribute("topics") == "b"), .none),
            (.fast, .attribute("day").exists || .term("t3"), .corpusIDF(over: .attribute("lang") == "de")),
            (.plainSeismic(cut: 4, heapFactor: 0.8), nil, .none),
            (.plainSeismic(cut: 100, heapFactor: 0), .tag("three"), .corpusIDF),
        ]
        var calls: [() throws -> Void] = searches.map { recall, filter, weighting in
            {
                var options = SearchOptions()
                options.limit = 20
                options.recall = recall
                options.filter = filter
                options.weighting = weighting
                options.includesContributions = true
                let result = try store.search(query, options: options)
                if weighting == .none { try check(result, query, exact: recall == .exact && filter == nil) }
            }
        }
        calls.append {
            let vectors = try Multivector(dimension: 4, components: [1, 0, 0.5, -1, 0, 2, 0, 1])
            _ = try store.search(query, candidates: 200, rerankedBy: MaxSim(vectors))
        }
        calls.append { _ = try store.scores(query, of: ["d1", "d26", "unknown"]) }
        for name in ["number", "share", "even", "lang", "day", "sizes", "topics"] {
            calls.append { _ = try store.facets(name, where: .tag("three")) }
            calls.append { _ = try store.list(order: ListOrder(by: name, isDescending: true), limit: 5) }
            calls.append {
                var options = SearchOptions(fields: .attributes)
                options.grouping = .by(name, best: 2)
                _ = try store.search(query, options: options)
            }
        }
        calls.append {
            _ = try store.search(
                query, options: SearchOptions(), stages: [.boost([.value("number"), .value("share")])])
        }
        return calls
    }

    private func write(_ store: Store) throws {
        _ = try attempt {
            try store.write { transaction in
                try transaction.upsert(Document(id: "d10", terms: ["all": 1, "new": 2], tags: ["three"]))
                try transaction.remove("d45")
                try transaction.update("d7") { $0.attributes["number"] = 7 }
                try transaction.remove(where: .attribute("number").between(30, 33))
            }
        }
    }

    private func maintain(_ store: Store, _ maintenance: Maintenance) throws {
        switch maintenance {
        case .blocks: _ = try attempt { try store.buildBlocks(StoreTemplate.blocks) }
        // One query is searched with every effort.
        case .tuning: _ = try attempt { try store.tune(queries: [["all": 0.5, "t3": 2, "t11": 0.25]]) }
        case .merging:
            _ = try attempt { try store.maintain() }
            _ = try attempt { try store.optimize() }
        case .encoding:
            _ = try attempt { try store.encodeMultivectors(as: .int8) }
            _ = try attempt { try store.encodeMultivectors(as: .pq32) }
        }
    }

    private func attempt<Value>(_ body: () throws -> Value) throws -> Value? {
        try Finding.allowing(
            { error in
                guard let error = error as? SparseStoreError else { return error is VectorError }
                return error.code != .internalError
            }, body)
    }

    private func check(_ document: Document) throws {
        guard let truth else { return }
        guard let known = truth.written[document.id], Model.areEqual(known, document) else {
            throw Finding("document \(document.id) is not as it was written", isWrongAnswer: true)
        }
    }

    private func check(_ result: SearchResult, _ query: Query, exact: Bool) throws {
        guard let truth else { return }
        let model = Model(documents: truth.documents)
        let written = Model(documents: truth.written)
        for hit in result {
            try Finding.unless(
                written.score(hit.id, query) == hit.score, isWrongAnswer: true, "\(hit.id) has another score")
        }
        if exact, result.generation == truth.generation {
            try Finding.unless(
                result.map(\.id) == model.search(query, limit: 20).map(\.id), isWrongAnswer: true,
                "an exact answer is not the best")
        }
    }
}
